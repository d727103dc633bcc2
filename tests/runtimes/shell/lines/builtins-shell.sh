#### cd keeps links and OLDPWD
mkdir a a/b c; cd a/b; cd ..; pwd; cd -; echo $OLDPWD; cd ../..; cd a/../c; pwd; cd nope; echo $?; cd nope/..; cd ''; echo $?
touch file; cd file; cd a b; cd -x; cd /; cd -P tmp; pwd; cd //; pwd; cd . ; pwd; cd ///tmp//; pwd; unset HOME; cd; HOME=/tmp; cd; pwd; unset OLDPWD; cd -
#=> 1
#| /tmp/work/a
#| /tmp/work/a/b
#| /tmp/work/a
#| /tmp/work/c
#| bash: line 1: cd: nope: No such file or directory
#| 1
#| bash: line 1: cd: nope/..: No such file or directory
#| 0
#| bash: line 2: cd: file: Not a directory
#| bash: line 2: cd: too many arguments
#| bash: line 2: cd: -x: invalid option
#| cd: usage: cd [-L|[-P [-e]] [-@]] [dir]
#| /tmp
#| //
#| //
#| /tmp
#| bash: line 2: cd: HOME not set
#| /tmp
#| bash: line 2: cd: OLDPWD not set

#### CDPATH
mkdir x x/y z; CDPATH=$PWD; cd x/y; cd z; pwd; cd ./z; CDPATH=:/tmp; cd work; CDPATH=; cd /tmp; shopt -s cdable_vars; v=/tmp/work; cd v; pwd
#=> 0
#| /tmp/work/x/y
#| /tmp/work/z
#| /tmp/work/z
#| bash: line 1: cd: ./z: No such file or directory
#| /tmp/work
#| /tmp/work
#| /tmp/work

#### the directory stack
mkdir a a/b c; HOME=$PWD; pushd a; pushd b; dirs; dirs -l; dirs -p; dirs -v; dirs +1; dirs -0; dirs +9; pushd; pushd +1; pushd -0; pushd +9
popd +9; popd +1; popd -n; popd; popd; dirs; pushd -n /usr; dirs; popd +1; pushd nope; pushd /usr /bin; popd x; popd -x; dirs -q; dirs -c; dirs; pushd; echo ~0 ~1 "${DIRSTACK[@]}"
#=> 0
#| ~/a ~
#| ~/a/b ~/a ~
#| ~/a/b ~/a ~
#| /tmp/work/a/b /tmp/work/a /tmp/work
#| ~/a/b
#| ~/a
#| ~
#|  0  ~/a/b
#|  1  ~/a
#|  2  ~
#| ~/a
#| ~
#| bash: line 1: dirs: 9: directory stack index out of range
#| ~/a ~/a/b ~
#| ~/a/b ~ ~/a
#| ~/a ~/a/b ~
#| bash: line 1: pushd: +9: directory stack index out of range
#| bash: line 2: popd: +9: directory stack index out of range
#| ~/a ~
#| ~/a
#| bash: line 2: popd: directory stack empty
#| bash: line 2: popd: directory stack empty
#| ~/a
#| ~/a /usr
#| ~/a /usr
#| ~/a
#| bash: line 2: pushd: nope: No such file or directory
#| bash: line 2: pushd: too many arguments
#| bash: line 2: popd: x: invalid argument
#| popd: usage: popd [-n] [+N | -N]
#| bash: line 2: popd: -x: invalid number
#| popd: usage: popd [-n] [+N | -N]
#| bash: line 2: dirs: -q: invalid number
#| dirs: usage: dirs [-clpv] [+N] [-N]
#| ~/a
#| bash: line 2: pushd: no other directory
#| /tmp/work/a ~1 /tmp/work/a

#### umask
umask 022; umask; umask -S; umask -p; umask -Sp; umask u=rwx,g=rx,o=; umask; umask g+w,o+r; umask -S; umask a-x; umask; umask +x; umask 0777; umask -S; umask 9; umask abc; umask u=z; umask -q; umask =+=; umask u+r+w; umask -S 027
#=> 0
#| 0022
#| u=rwx,g=rx,o=rx
#| umask 0022
#| umask -S u=rwx,g=rx,o=rx
#| 0027
#| u=rwx,g=rwx,o=r
#| 0113
#| u=,g=,o=
#| bash: line 1: umask: 9: octal number out of range
#| bash: line 1: umask: `b': invalid symbolic mode operator
#| bash: line 1: umask: `z': invalid symbolic mode character
#| bash: line 1: umask: -q: invalid option
#| umask: usage: umask [-p] [-S] [mode]
#| bash: line 1: umask: `+': invalid symbolic mode character
#| bash: line 1: umask: `+': invalid symbolic mode character
#| u=rwx,g=rx,o=

#### set
set -euo pipefail -- a b; echo $- $# $1; set +eu; set a -b; echo $1 $2; set --; echo $#; set -- -; echo $1; set -a -b; echo $-; set +ab; set -o | grep -c off; set +o | grep errexit; set -o nope; echo $?; set -q; echo $?; set - +; echo "$@"; set +; echo "$@"
#=> 0
#| ehuBc 2 a
#| a -b
#| 0
#| -
#| abhBc
#| 23
#| set +o errexit
#| bash: line 1: set: nope: invalid option name
#| 2
#| bash: line 1: set: -q: invalid option
#| set: usage: set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]
#| 2
#| +
#| +

#### set lists variables
foo='a b'; bar=x; arr=(1 '2 3'); declare -A mm=([k]='v w'); f() { echo hi; }; un=; declare -i dd; ee=$'a\nb'; set | while IFS= read -r l; do case $l in foo=* | bar=* | arr=* | mm=* | un=* | dd=* | ee=* | 'f '* | '{'* | '}'* | '    echo'*) echo "$l" ;; esac; done
#=> 0
#| arr=([0]="1" [1]="2 3")
#| bar=x
#| ee=$'a\u{5c}nb'
#| foo='a b'
#| mm=([k]="v w" )
#| un=
#| f () 
#| { 
#|     echo hi
#| }

#### shopt
shopt nope; echo $?; shopt -s nope; echo $?; shopt -q nope; shopt extglob; echo $?; shopt -s extglob; shopt extglob; shopt -p extglob nullglob; echo $?; shopt -q extglob nullglob; echo $?; shopt -o errexit; shopt -po errexit; shopt -so errexit; shopt -o errexit; shopt -su extglob; echo $?; shopt -z
#=> 1
#| bash: line 1: shopt: nope: invalid shell option name
#| 1
#| bash: line 1: shopt: nope: invalid shell option name
#| 1
#| bash: line 1: shopt: nope: invalid shell option name
#| extglob        \u{9}off
#| 1
#| extglob        \u{9}on
#| shopt -s extglob
#| shopt -u nullglob
#| 1
#| 1
#| errexit        \u{9}off
#| set +o errexit
#| errexit        \u{9}on
#| bash: line 1: shopt: cannot set and unset shell options simultaneously

#### shift and getopts
set -- a b c; shift 0; echo $#; shift 2; echo $#; shift 5; echo $#:$?; shift -1; shift a; shopt -s shift_verbose; shift 5; echo $?
t() { local spec=$1 o; shift; OPTIND=1; while getopts "$spec" o "$@"; do echo "o=$o arg=${OPTARG-unset} ind=$OPTIND"; done; echo "end o=$o ind=$OPTIND"; }
t abc -abc; t a:b -a1 -b; t a:b -a 1 -ba 2; t a: -a; t :a: -a; t ab -z -a; t :ab -z; t ab -- -a; t ab -a x; OPTERR=0; t ab -z; getopts; getopts ab 1x; echo $?
#=> 0
#| 3
#| 1
#| 1:1
#| bash: line 1: shift: -1: shift count out of range
#| bash: line 1: shift: a: numeric argument required
#| bash: line 1: shift: 5: shift count out of range
#| 1
#| o=a arg=unset ind=1
#| o=b arg=unset ind=1
#| o=c arg=unset ind=2
#| end o=? ind=2
#| o=a arg=1 ind=2
#| o=b arg=unset ind=3
#| end o=? ind=3
#| o=a arg=1 ind=3
#| o=b arg=unset ind=3
#| o=a arg=2 ind=5
#| end o=? ind=5
#| bash: option requires an argument -- a
#| o=? arg=unset ind=2
#| end o=? ind=2
#| o=: arg=a ind=2
#| end o=? ind=2
#| bash: illegal option -- z
#| o=? arg=unset ind=2
#| o=a arg=unset ind=3
#| end o=? ind=3
#| o=? arg=z ind=2
#| end o=? ind=2
#| end o=? ind=2
#| o=a arg=unset ind=2
#| end o=? ind=2
#| o=? arg=unset ind=2
#| end o=? ind=2
#| getopts: usage: getopts optstring name [arg ...]
#| bash: line 3: getopts: `1x': not a valid identifier
#| 1

#### let
let x=1 y=2 x+y; echo $? $x $y; let 0; echo $?; let 'x=3' 'z='; echo $? $x; let; echo $?; let "a[1]=5" "b = a[1] * 2"; echo ${a[1]} $b
#=> 0
#| 0 1 2
#| 1
#| bash: line 1: let: z=: syntax error: operand expected (error token is "=")
#| 1 3
#| bash: line 1: let: expression expected
#| 1
#| 5 10

#### aliases
alias a=b 'c=d e'; alias; alias -p; alias c; alias nope; echo $?; alias 'x y=1'; alias 'x/y=1'; alias 'q=it'"'"'s'; alias q; unalias a nope; echo $?; unalias; alias; unalias -a; alias
#=> 0
#| alias a='b'
#| alias c='d e'
#| alias a='b'
#| alias c='d e'
#| alias c='d e'
#| bash: line 1: alias: nope: not found
#| 1
#| bash: line 1: alias: `x y': invalid alias name
#| bash: line 1: alias: `x/y': invalid alias name
#| alias q='it'\u{5c}''s'
#| bash: line 1: unalias: nope: not found
#| 1
#| unalias: usage: unalias [-a] name [name ...]
#| alias c='d e'
#| alias q='it'\u{5c}''s'

#### type and command
mkdir bin; echo : > bin/prog; chmod +x bin/prog; PATH=$PWD/bin:$PATH; f() { echo hi; }; type f cd if nope; echo $?; type -t f cd if prog nope; type -p prog; type -P cd prog; type -a true | grep builtin; type -f f; type /nope; type -q; command -v f cd if prog nope; echo $?; command -V cd; command -V nope; command echo a; command nope; echo $?; command; builtin echo b; builtin nope; echo $?; builtin -q
#=> 2
#| f is a function
#| f () 
#| { 
#|     echo hi
#| }
#| cd is a shell builtin
#| if is a shell keyword
#| bash: line 1: type: nope: not found
#| 1
#| function
#| builtin
#| keyword
#| file
#| /tmp/work/bin/prog
#| /tmp/work/bin/prog
#| true is a shell builtin
#| bash: line 1: type: f: not found
#| bash: line 1: type: /nope: not found
#| bash: line 1: type: -q: invalid option
#| type: usage: type [-afptP] name [name ...]
#| f
#| cd
#| if
#| /tmp/work/bin/prog
#| 0
#| cd is a shell builtin
#| bash: line 1: command: nope: not found
#| a
#| bash: line 1: nope: command not found
#| 127
#| b
#| bash: line 1: builtin: nope: not a shell builtin
#| 1
#| bash: line 1: builtin: -q: invalid option
#| builtin: usage: builtin [shell-builtin [arg ...]]

#### enable and hash
mkdir bin; echo : > bin/prog; chmod +x bin/prog; PATH=$PWD/bin:$PATH; enable -n echo; enable -n; type -t echo; enable echo; type -t echo; enable nope; echo $?; enable -q; hash; prog; hash; hash -l; hash -t prog; hash -p /x/y foo; hash -t foo; hash -d foo; hash nope; echo $?; hash -r; hash; hash -q
#=> 2
#| enable -n echo
#| file
#| builtin
#| bash: line 1: enable: nope: not a shell builtin
#| 1
#| bash: line 1: enable: -q: invalid option
#| enable: usage: enable [-a] [-dnps] [-f filename] [name ...]
#| hash: hash table empty
#| hits\u{9}command
#|    1\u{9}/tmp/work/bin/prog
#| builtin hash -p /tmp/work/bin/prog prog
#| /tmp/work/bin/prog
#| /x/y
#| bash: line 1: hash: nope: not found
#| 1
#| hash: hash table empty
#| bash: line 1: hash: -q: invalid option
#| hash: usage: hash [-lr] [-p pathname] [-dt] [name ...]

#### caller
g() { caller 0; caller 9; echo $?; caller x; }
h() { g; }
h
#=> 2
#| 2 h environment
#| 1
#| environment: line 1: caller: x: invalid number
#| caller: usage: caller [expr]

#### kill
kill -l 9 KILL sigterm 143 EXIT; kill -l 128; kill -l nope; echo $?; kill; kill -q 1; kill abc; kill %9; kill -s; kill -s foo 1; kill 99999; echo $?; kill -0 $$; echo $?; kill -n 99 1; kill ''; disown %9; disown -q; suspend; logout
#=> 1
#| KILL
#| 9
#| 15
#| TERM
#| 0
#| bash: line 1: kill: 128: invalid signal specification
#| bash: line 1: kill: nope: invalid signal specification
#| 1
#| kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]
#| bash: line 1: kill: q: invalid signal specification
#| bash: line 1: kill: abc: arguments must be process or job IDs
#| bash: line 1: kill: %9: no such job
#| bash: line 1: kill: -s: option requires an argument
#| bash: line 1: kill: foo: invalid signal specification
#| bash: line 1: kill: (99999) - No such process
#| 1
#| 0
#| bash: line 1: kill: 99: invalid signal specification
#| bash: line 1: kill: `': not a pid or valid job spec
#| bash: line 1: disown: %9: no such job
#| bash: line 1: disown: -q: invalid option
#| disown: usage: disown [-h] [-ar] [jobspec ... | pid ...]
#| bash: line 1: suspend: cannot suspend: no job control
#| bash: line 1: logout: not login shell: use `exit'
