# ~/.bashrc: interactive shells; /etc/bash.bashrc has been read

[ -f ~/.bash_aliases ] && . ~/.bash_aliases
