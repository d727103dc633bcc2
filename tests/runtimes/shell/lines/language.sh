#### echo
echo hi
#=> 0
#| hi

#### vars
x=1; y="a b"; echo $x "$y" $y
#=> 0
#| 1 a b a b

#### arith
echo $((1+2*3)) $((x=5)) $x; ((x++)); echo $x
#=> 0
#| 7 5 5
#| 6

#### for
for i in a b "c d"; do echo "[$i]"; done
#=> 0
#| [a]
#| [b]
#| [c d]

#### while
i=0; while ((i<3)); do echo $i; ((i++)); done
#=> 0
#| 0
#| 1
#| 2

#### case
for x in a ab b c; do case $x in a) echo 1;; a*|b) echo 2;;& c) echo 3;; b) echo 4;& *) echo 5;; esac; done
#=> 0
#| 1
#| 2
#| 5
#| 2
#| 4
#| 5
#| 3

#### if
if false; then echo 1; elif true; then echo 2; else echo 3; fi
#=> 0
#| 2

#### func
f() { echo "f $1 $#"; return 3; }; f a b; echo $?
#=> 0
#| f a 2
#| 3

#### local
x=g; f() { local x=l; g; echo "f $x"; }; g() { echo "g $x"; x=changed; }; f; echo "top $x"
#=> 0
#| g l
#| f changed
#| top g

#### cmdsub
echo "$(echo a; echo b)" $(echo c d) `echo e`
#=> 0
#| a
#| b c d e

#### pipeline
echo a b c | { read x y; echo "$y $x"; }; echo ${PIPESTATUS[@]}; false | true; echo $?; set -o pipefail; false | true; echo $?
#=> 0
#| b c a
#| 0 0
#| 0
#| 1

#### ext pipeline
echo hello | cat | cat -; seq 1 3 2>/dev/null | wc -l >/dev/null; echo done
#=> 0
#| hello
#| done

#### heredoc
x=5; cat <<E; cat <<'F'; cat <<-G
a $x $(echo hi) \$x "q"
E
b $x \$x
F
	tab
		more $x
	G
#=> 0
#| a 5 hi $x "q"
#| b $x \u{5c}$x
#| tab
#| more 5

#### herestring
cat <<< "a  b"; cat <<<a$((1+1))
#=> 0
#| a  b
#| a2

#### redirect
echo a > f; echo b >> f; cat < f; cat f 2>&1; cat nosuch 2>/dev/null || echo no; echo x > /nosuch/x; echo $?
#=> 0
#| a
#| b
#| a
#| b
#| no
#| bash: line 1: /nosuch/x: No such file or directory
#| 1

#### subshell
x=1; (x=2; echo $x; exit 3); echo $? $x
#=> 0
#| 2
#| 3 1

#### arrays
a=(1 2 "3 4"); echo ${a[0]} ${#a[@]} "${a[@]}" ${a[-1]}; a+=(5); a[10]=z; echo ${!a[@]} "${a[@]:1:2}"; unset 'a[0]'; echo ${!a[@]}; declare -p a
#=> 0
#| 1 3 1 2 3 4 3 4
#| 0 1 2 3 10 2 3 4
#| 1 2 3 10
#| declare -a a=([1]="2" [2]="3 4" [3]="5" [10]="z")

#### assoc
declare -A m; m[x]=1; m["a b"]=2; echo ${m[x]} "${m[a b]}" ${#m[@]}; for k in "${!m[@]}"; do echo "$k=${m[$k]}"; done; declare -p m; unset 'm[x]'; declare -p m
#=> 0
#| 1 2 2
#| x=1
#| a b=2
#| declare -A m=([x]="1" ["a b"]="2" )
#| declare -A m=(["a b"]="2" )

#### param ops
x=abcabc; echo ${x#a} ${x##*b} ${x%c} ${x%%b*} ${x/b/X} ${x//b/X} ${x/#a/X} ${x/%c/X} ${x^} ${x^^} ${x:1:2} ${x: -2} ${#x}
#=> 0
#| bcabc c abcab a aXcabc aXcaXc Xbcabc abcabX Abcabc ABCABC bc bc 6

#### defaults
unset x; echo ${x-a} ${x:-b} ${x+c} ${x:=d} $x ${x:+e}; y=; echo "[${y-a}]" ${y:-b}
#=> 0
#| a b d d e
#| [] b

#### err
echo ${x?foo}; echo no
#=> 127
#| bash: line 1: x: foo

#### err2
set -u; echo $nosuch; echo no
#=> 127
#| bash: line 1: nosuch: unbound variable

#### error line
echo a
nosuch_cmd
echo $?
#=> 0
#| a
#| bash: line 2: nosuch_cmd: command not found
#| 127

#### syntax error
echo a
echo )
#=> 2
#| a
#| bash: -c: line 2: syntax error near unexpected token `)'
#| bash: -c: line 2: `echo )'

#### syntax error 2
echo a; if
#=> 2
#| bash: -c: line 2: syntax error: unexpected end of file

#### andor
true && echo a || echo b; false && echo c || echo d; ! true; echo $?
#=> 0
#| a
#| d
#| 1

#### errexit
set -e; false || true; if false; then :; fi; echo a; (false); echo b
#=> 1
#| a

#### errexit2
set -e; f() { false; echo inf; }; f && echo x; f; echo no
#=> 1
#| inf
#| x

#### trap exit
trap 'echo bye $?' EXIT; echo hi; exit 4
#=> 4
#| hi
#| bye 4

#### trap sig
trap 'echo got' TERM; kill -TERM $$; echo end
#=> 0
#| got
#| end

#### trap err
trap 'echo err $?' ERR; false; true; f() { false; }; f; echo x
#=> 0
#| err 1
#| err 1
#| x

#### break continue
for i in 1 2 3; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; [ $i = 2 ] && break 2; done; done
#=> 0
#| 1a
#| 2a

#### test
[[ abc == a* && abc != b* ]] && echo y; [[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; [[ 2 -lt 10 ]] && echo lt; [[ 2 < 10 ]] || echo str; [ -z "" ] && echo z
#=> 0
#| y
#| b
#| lt
#| str
#| z

#### getopts
set -- -a -b val c; while getopts ab: o; do echo $o $OPTARG; done; shift $((OPTIND-1)); echo $@
#=> 0
#| a
#| b val
#| c

#### read
printf 'a b c\nd\n' | while read x y; do echo "$x|$y"; done
#=> 0
#| a|b c
#| d|

#### mapfile
mapfile -t l < <(printf 'a\nb\n'); echo ${#l[@]} ${l[1]}
#=> 0
#| 2 b

#### procsub
cat <(echo a) <(echo b); echo c > >(cat); wait $!
#=> 0
#| a
#| b
#| c

#### brace
echo a{b,c}d {1..3} {a..c} x{,y} {01..3}
#=> 0
#| abd acd 1 2 3 a b c x xy 01 02 03

#### glob
touch a1 a2 b1; echo a* *1 [ab]2 nosuch* "a*"
#=> 0
#| a1 a2 a1 b1 a2 nosuch* a*

#### tilde
echo ~ ~/x a=~ "~"
#=> 0
#| /home/user /home/user/x a=/home/user ~

#### ifs
IFS=:; x=a:b::c; for i in $x; do echo "[$i]"; done; echo "${x[*]}"
#=> 0
#| [a]
#| [b]
#| []
#| [c]
#| a:b::c

#### set args
set -- a "b c" d; echo $# "$2" "$*" "$@"; shift; echo $1; for x; do echo $x; done
#=> 0
#| 3 b c a b c d a b c d
#| b c
#| b c
#| d

#### bg wait
{ sleep 0.05; echo bg; } & wait; echo fg; false & wait $!; echo $?
#=> 0
#| bg
#| fg
#| 1

#### wait n
sleep 1 & (exit 3) & wait -n; echo $?
#=> 0
#| 3

#### eval
x='echo $y'; y=5; eval $x; eval "z=3"; echo $z
#=> 0
#| 5
#| 3

#### printf
printf '%s-%d\n' a 1 b 2; printf -v v '%03d' 7; echo $v
#=> 0
#| a-1
#| b-2
#| 007

#### exec fd
exec 3> f; echo a >&3; exec 3>&-; cat f; echo b >&3
#=> 1
#| a
#| bash: line 1: 3: Bad file descriptor

#### varfd
exec {fd}> f; echo hi >&$fd; exec {fd}>&-; cat f
#=> 0
#| hi

#### indirect
x=y; y=5; echo ${!x}; a=(1 2); r='a[1]'; echo ${!r}; echo ${!a*}
#=> 0
#| 5
#| 2
#| a

#### nameref
declare -n r=x; x=1; echo $r; r=2; echo $x; f() { local -n q=$1; q=new; }; f x; echo $x
#=> 0
#| 1
#| 2
#| new

#### declare attrs
declare -i n=3+4; echo $n; n+=2; echo $n; declare -u U=abc; echo $U; declare -l L=ABC; echo $L; declare -r R=1; R=2; echo no
#=> 1
#| 7
#| 9
#| ABC
#| abc
#| bash: line 1: R: readonly variable

#### readonly error continue
readonly R=1
R=2
echo $? $R
#=> 0
#| bash: line 2: R: readonly variable
#| 1 1

#### functions recursion
fact() { if (( $1 <= 1 )); then echo 1; else echo $(( $1 * $(fact $(( $1 - 1 ))) )); fi; }; fact 6
#=> 0
#| 720

#### select
printf '2\n' | { select x in a b c; do echo "got $x"; break; done; } 2>&1
#=> 0
#| 1) a
#| 2) b
#| 3) c
#| #? got b

#### coproc
coproc { read x; echo "got $x"; }; echo hi >&${COPROC[1]}; read y <&${COPROC[0]}; echo $y
#=> 0
#| got hi

#### alias
shopt -s expand_aliases
alias e='echo X' t='e '
e 1
t e
#=> 0
#| X 1
#| X echo X

#### source
echo 'echo sourced $1; return 4' > s.sh; . ./s.sh arg; echo $?
#=> 0
#| sourced arg
#| 4

#### xtrace
set -x; x="a b"; echo $x "$x"; for i in 1; do :; done
#=> 0
#| + x='a b'
#| + echo a b 'a b'
#| a b a b
#| + for i in 1
#| + :

#### special
echo $# $? ${#} "$-" $0; echo ${BASH_VERSINFO[0]} $BASH_SUBSHELL; (echo $BASH_SUBSHELL)
#=> 0
#| 0 0 0 hBc /bin/bash
#| 5 0
#| 1

#### lineno
echo $LINENO
f() {
 echo $LINENO ${FUNCNAME[0]} ${BASH_LINENO[0]}
}
f
#=> 0
#| 1
#| 3 f 5

#### random seed
RANDOM=42; echo $RANDOM $RANDOM $RANDOM
#=> 0
#| 17772 26794 1435

#### printf q
x="a b'c"; printf '%q\n' "$x"; echo "${x@Q}"
#=> 0
#| a\u{5c} b\u{5c}'c
#| 'a b'\u{5c}''c'

#### arithmetic for
for ((i=0, j=5; i<j; i++, j--)); do echo $i $j; done
#=> 0
#| 0 5
#| 1 4
#| 2 3

#### until
i=3; until ((i==0)); do echo $i; i=$((i-1)); done
#=> 0
#| 3
#| 2
#| 1

#### pipe err
nosuch1 |& cat; { echo out; echo err >&2; } |& cat
#=> 0
#| bash: line 1: nosuch1: command not found
#| out
#| err

#### time
time true 2>/dev/null; TIMEFORMAT=%0R; time :
#=> 0
#| 
#| real\u{9}0m0.000s
#| user\u{9}0m0.000s
#| sys\u{9}0m0.000s
#| 0

#### command
command echo hi; command -v echo; command -v nosuch; builtin echo b; command nosuch; echo $?
#=> 0
#| hi
#| echo
#| b
#| bash: line 1: nosuch: command not found
#| 127

#### exit in subshell
(exit 5) | cat; echo ${PIPESTATUS[0]}; x=$(exit 6); echo $?; echo $(exit 7) $?
#=> 0
#| 5
#| 6
#| 7

#### return from source
f() { return; }; false; f; echo $?
#=> 0
#| 1

#### nested quotes
echo "$(echo "a $(echo "b c")")" "${x:-"d e"}" '$x' $'a\tb\x41'
#=> 0
#| a b c d e $x a\u{9}bA

#### unset func
f() { echo 1; }; unset -f f; f; echo $?
#=> 0
#| bash: line 1: f: command not found
#| 127

#### multi heredoc in pipeline
cat <<A | cat - <(cat <<B
b
B
)
a
A
#=> 0
#| a
#| b

#### empty
x=; for i in $x "$x"; do echo "[$i]"; done; set -- "" a; echo $# "${@:1:1}"
#=> 0
#| []
#| 2

#### assign expansions
x=~/a:~/b; y=a*; echo "$x" "$y"; z=$(echo '  a  b '); echo "[$z]"
#=> 0
#| /home/user/a:/home/user/b a*
#| [  a  b ]

#### negative substr
x=hello; echo ${x:1:-1} ${x: -3:2}; set -- a b c d; echo ${@:2:2} ${@: -1} ${*:1:2}
#=> 0
#| ell ll
#| b c d a b

#### ps pipes status
true | false | true; echo "${PIPESTATUS[*]}"
#=> 0
#| 0 1 0

#### kill wait status
sleep 10 & kill $!; wait $!; echo $?
#=> 0
#| 143
