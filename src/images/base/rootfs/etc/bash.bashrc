# /etc/bash.bashrc: every interactive bash

[ -z "${PS1-}" ] && return

shopt -s checkwinsize
HISTCONTROL=ignoreboth
HISTSIZE=1000

case ${TERM-} in
  "" | dumb) PS1='\u@\h:\w\$ ' ;;
  *)
    if [ "$EUID" = 0 ]; then
      PS1='\[\e[1;31m\]\u\[\e[0;2m\]@\[\e[0;36m\]\h\[\e[0m\] \[\e[1;34m\]\w\[\e[0m\] \[\e[1;31m\]\$\[\e[0m\] '
    else
      PS1='\[\e[1;32m\]\u\[\e[0;2m\]@\[\e[0;36m\]\h\[\e[0m\] \[\e[1;34m\]\w\[\e[0m\] \[\e[1;32m\]\$\[\e[0m\] '
    fi
    export LS_COLORS='rs=0:di=01;34:ln=01;36:mh=00:pi=40;33:so=01;35:bd=40;33;01:cd=40;33;01:or=40;31;01:mi=00:su=37;41:sg=30;43:tw=30;42:ow=34;42:st=37;44:ex=01;32:*.tar=01;31:*.tgz=01;31:*.gz=01;31:*.zip=01;31:*.jpg=01;35:*.jpeg=01;35:*.png=01;35:*.gif=01;35:*.svg=01;35:*.mp3=00;36:*.wav=00;36'
    alias ls='ls --color=auto'
    alias grep='grep --color=auto'
    alias diff='diff --color=auto'
    ;;
esac
alias ll='ls -l'
alias la='ls -A'
alias l='ls -CF'
