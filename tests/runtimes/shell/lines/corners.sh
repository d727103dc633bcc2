#### heredoc tabs and expansions
x=v; cat <<-EOT
		tab $x
	  mixed
	EOT
echo after
#=> 0
#| tab v
#|   mixed
#| after

#### heredoc no newline at end
cat <<E
abc
E
#=> 0
#| abc

#### heredoc with backslash newline
cat <<E
a\
b
E
cat <<'E'
a\
b
E
#=> 0
#| ab
#| a\u{5c}
#| b

#### heredoc in loop
for i in 1 2; do cat <<E
i=$i
E
done
#=> 0
#| i=1
#| i=2

#### heredoc to function stdin
f() { while read -r l; do echo "<$l>"; done; }; f <<E
a b
 c
E
#=> 0
#| <a b>
#| <c>

#### heredoc fd
cat 3<<E <&3
three
E
#=> 0
#| three

#### herestring array
a=(1 2); cat <<< "${a[@]}"; cat <<< ${a[*]}; read -r x <<< "$(printf 'l1\nl2')"; echo "$x"
#=> 0
#| 1 2
#| 1 2
#| l1

#### empty heredoc
cat <<E
E
echo done
#=> 0
#| done

#### heredoc delimiter with expansion chars
cat <<"$x"
hi
$x
#=> 0
#| hi

#### redirect both
{ echo o; echo e >&2; } &> f; cat f; { echo o2; echo e2 >&2; } &>> f; cat f; { echo o3; echo e3 >&2; } >& g; cat g
#=> 0
#| o
#| e
#| o
#| e
#| o2
#| e2
#| o3
#| e3

#### redirect stderr to stdout order
{ echo o; echo e >&2; } 2>&1 > f | cat; cat f
#=> 0
#| e
#| o

#### redirect input missing
cat < nosuch; echo $?; cat < nosuch | cat; echo ${PIPESTATUS[@]}
#=> 0
#| bash: line 1: nosuch: No such file or directory
#| 1
#| bash: line 1: nosuch: No such file or directory
#| 1 0

#### redirect on compound
while read x; do echo "[$x]"; done < <(printf 'a\nb\n') > out; cat out; if true; then echo y; fi > out; cat out; { echo g; } 2>/dev/null
#=> 0
#| [a]
#| [b]
#| y
#| g

#### redirect function def
f() { echo a; echo b >&2; } 2>&1; f > f.txt; cat f.txt
#=> 0
#| a
#| b

#### redirect on builtin exec
exec 5>f; echo x >&5; exec 5>&-; cat f; exec 6<f; read l <&6; echo $l
#=> 0
#| x
#| x

#### append
echo a >> f; echo b >> f; cat f
#=> 0
#| a
#| b

#### clobber empty command
> f; ls; echo x > f; > f; cat f; wc -c < f
#=> 0
#| f
#| 0

#### fd duplication of input
exec 3<&0; echo a | cat <&0; exec 3<&-
#=> 0
#| a

#### close stdin
read x <&- 2>/dev/null; echo $?
#=> 0
#| 1

#### nested redirections
{ { echo a; echo b >&2; } 2>&1; echo c >&2; } 2>/dev/null
#=> 0
#| a
#| b

#### ambiguous redirect glob
touch a1 a2; echo x > a*; echo $?; echo y > "a*"; ls
#=> 0
#| bash: line 1: a*: ambiguous redirect
#| 1
#| a*
#| a1
#| a2

#### varfd auto
exec {a}>f {b}>g; echo 1 >&$a; echo 2 >&$b; exec {a}>&- {b}>&-; cat f g; [ $a -ge 10 ] && echo ge10
#=> 0
#| 1
#| 2
#| ge10

#### sub command order of expansion
x=1; echo $x$((x++))$x; y=(${x} $((x+=5)) $x); echo ${y[@]}
#=> 0
#| 112
#| 2 7 7

#### assignment order
a=1 b=$a; echo $b; a=2 b=$a c=$b; echo $a $b $c
#=> 0
#| 1
#| 2 2 2

#### assignment with command sub status
x=$(exit 3) y=$(true); echo $?; x=$(exit 3); echo $? ; x=$(exit 3) true; echo $?
#=> 0
#| 0
#| 3
#| 0

#### assignment quoted
x="a  b" y='c $x' z=d\ e; echo "$x|$y|$z"; x=$x$y; echo "$x"
#=> 0
#| a  b|c $x|d e
#| a  bc $x

#### tilde in assignment
HOME=/h; x=~:~/a; echo $x; y="~"; echo $y; z=a~; echo $z; PATH=/bin:~/b; echo $PATH; export E=~/c; echo $E
#=> 0
#| /h:/h/a
#| ~
#| a~
#| /bin:/h/b
#| /h/c

#### dollar quotes
echo $'a\nb' $'\'' $'\x41\u41' "$'x'" $"loc"
#=> 0
#| a
#| b ' AA $'x' loc

#### empty expansions
x=; echo [$x] ["$x"] [${x:-}] [""$x] ; set -- $x "$x"; echo $#
#=> 0
#| [] [] [] []
#| 1

#### glob and quotes
touch "a b" ab a; for f in a*; do echo "<$f>"; done; echo "a"* 'a'*; x='a*'; echo $x; echo "$x"; set -- a*; echo $#
#=> 0
#| <a>
#| <a b>
#| <ab>
#| a a b ab a a b ab
#| a a b ab
#| a*
#| 3

#### glob in assignment
touch f1 f2; x=f*; echo $x; echo "$x"; y=(f*); echo ${#y[@]}
#=> 0
#| f1 f2
#| f*
#| 2

#### glob no match in for
for f in *.none; do echo "$f"; done
#=> 0
#| *.none

#### glob char classes
touch a B 1 _x; echo [[:upper:]] [[:digit:]] [!a-z]* [a-z]
#=> 0
#| B 1 1 B _x a

#### glob dot
touch .a .b c; echo .* | grep -c a; echo .[a-z]; echo *
#=> 0
#| 1
#| .a .b
#| c

#### glob slash
mkdir d; touch d/x d/y; echo d/*; echo */; echo */x; echo d/[xy]; echo ./*
#=> 0
#| d/x d/y
#| d/
#| d/x
#| d/x d/y
#| ./d

#### extglob off/on
shopt -s extglob
touch a.c b.c c.h; echo !(*.c); echo @(a|b).c; echo *.@(c|h); echo ?(a).c +([ab]).c
#=> 0
#| c.h
#| a.c b.c
#| a.c b.c c.h
#| a.c a.c b.c

#### nested param expansion
a=b; b=c; echo ${a:-${b:-x}} ${x:-${y:-$(echo z)}} "${x:-"${a}"}"
#=> 0
#| b z b

#### param default with quotes and spaces
printf '[%s]' ${x:-a "b c" d}; echo; printf '[%s]' "${x:-a "b c" d}"; echo; printf '[%s]' ${x:-"a b"'c d'}; echo
#=> 0
#| [a][b c][d]
#| [a b c d]
#| [a bc d]

#### param assign default
: ${x:=5}; echo $x; : "${y:=a b}"; echo "$y"; echo ${z=}; echo "[${z-unset}]"
#=> 0
#| 5
#| a b
#| 
#| []

#### param error message
(: ${x:?custom msg}); echo $?; (: ${x?}); echo $?; x=; (: ${x:?}); echo $?; (: ${x?ok}); echo $?
#=> 0
#| bash: line 1: x: custom msg
#| 1
#| bash: line 1: x: parameter not set
#| 1
#| bash: line 1: x: parameter null or not set
#| 1
#| 0

#### param substring edge
x=abcdef; echo "${x:2}" "${x:2:2}" "${x: -2}" "${x:(-3):2}" "${x:0:-2}" "${x:10}" "${x:2:0}" "${x:1+1:x=3}"
#=> 0
#| cdef cd ef de abcd   cde

#### param pattern greedy
x=a.b.c.d; echo ${x#*.} ${x##*.} ${x%.*} ${x%%.*} ${x#nomatch} ${x%[a-z]}
#=> 0
#| b.c.d d a.b.c a a.b.c.d a.b.c.

#### param replace
x=hello; echo ${x/l/L} ${x//l/L} ${x/l} ${x//l} ${x/#h/H} ${x/%o/O} ${x/x/y} ${x/*/z} ${x//[el]/-}
#=> 0
#| heLlo heLLo helo heo Hello hellO hello z h---o

#### param replace with slash and special
x=a/b/c; echo ${x//\//:} ${x/\/b/} "${x//\//\\}" ; y=/; echo ${x//$y/+}
#=> 0
#| a:b:c a/c a\u{5c}b\u{5c}c
#| a+b+c

#### param case
x='hello World'; echo ${x^} ${x^^} ${x,,} ${x~} ${x~~} "${x^^[lo]}" ${x,,[W]}
#=> 0
#| Hello World HELLO WORLD hello world Hello World HELLO wORLD heLLO WOrLd hello world

#### param array ops
a=(aa bb cc); echo ${a[@]^} ${a[@]/a/x} ${a[@]#a} ${a[@]%b} ${a[*]:1:1} ${#a[@]} ${#a[0]} "${a[@]: -1}"
#=> 0
#| Aa Bb Cc xa bb cc a bb cc aa b cc bb 3 2 cc

#### param array unset holes
a=([1]=x [5]=y); echo ${!a[@]} ${#a[@]} ${a[@]:2} "${a[@]}" ${a[0]-none}; a+=(z); echo ${!a[@]}
#=> 0
#| 1 5 2 y x y none
#| 1 5 6

#### param indirect prefix
foo_a=1 foo_b=2; echo ${!foo_*} "${!foo_@}"; for v in "${!foo_@}"; do echo $v=${!v}; done
#=> 0
#| foo_a foo_b foo_a foo_b
#| foo_a=1
#| foo_b=2

#### positional manip
set -- a b c d; echo $2 ${@:2:2} ${#} $#; shift; echo "$@"; set -- "$@" e; echo "$*"; set --; echo "[$*]" $#
#=> 0
#| b b c 4 4
#| b c d
#| b c d e
#| [] 0

#### IFS joins
set -- a b c; IFS=-; echo "$*" $*; IFS=; echo "$*"; unset IFS; echo "$*"; IFS=ab; x=1a2b3; echo $x
#=> 0
#| a-b-c a b c
#| abc
#| a b c
#| 1 2 3

#### IFS splitting edge
IFS=,; x=a,,b,; for i in $x; do echo "[$i]"; done; IFS=' ,'; x=' a , b '; for i in $x; do echo "<$i>"; done
#=> 0
#| [a]
#| []
#| [b]
#| <a>
#| <b>

#### read IFS
IFS=: read -r a b c <<< "1:2:3:4"; echo "$a $b $c"; IFS= read -r l <<< "  sp  "; echo "[$l]"; read a b <<< "  x   y z "; echo "[$a][$b]"
#=> 0
#| 1 2 3:4
#| [  sp  ]
#| [x][y z]

#### word splitting in various contexts
x="a b"; y=$x; echo "$y"; case $x in "a b") echo case;; esac; [[ $x == "a b" ]] && echo cond; for i in $x; do echo $i; done; z=($x); echo ${#z[@]}; echo $x > "o $x"; ls
#=> 0
#| a b
#| case
#| cond
#| a
#| b
#| 2
#| o a b

#### command sub trailing newlines
x=$(printf 'a\n\n'); echo "[$x]"; y="$(printf '\n\na')"; echo "[$y]"; echo "$(echo)" | wc -l
#=> 0
#| [a]
#| [
#| 
#| a]
#| 1

#### command sub nested quotes
echo "$(echo "a b" 'c d' "$(echo "e f")")"; x="$(echo "$(echo '"')")"; echo "$x"
#=> 0
#| a b c d e f
#| "

#### command sub with case and comments
x=$(case a in a) echo A;; (b) echo B;; esac # comment )
); echo $x
#=> 0
#| A

#### command sub in arithmetic
echo $(( $(echo 2) * $(echo 3) )) $((`echo 4`+1)); x=5; echo $((x*$(echo $x)))
#=> 0
#| 6 5
#| 25

#### backtick escapes
echo `echo \$HOME | wc -c` `echo "a\\\\b"` "`echo \"q\"`"
#=> 0
#| 11 a\u{5c}b q

#### command sub modifies nothing
x=1; y=$(x=2; echo $x); echo $x $y; cd /; z=$(cd /tmp; pwd); pwd; echo $z
#=> 0
#| 1 2
#| /
#| /tmp

#### exit in command sub
x=$(echo a; exit 5; echo b); echo $? $x; echo $(exit 3)$?
#=> 0
#| 5 a
#| 3

#### function scope
x=1; f() { x=2; local x=3; x=4; echo $x; }; f; echo $x; g() { local y=5; h; echo $y; }; h() { y=6; }; g; echo ${y-unset}
#=> 0
#| 4
#| 2
#| 6
#| unset

#### function args restore
f() { set -- x y; echo $#; }; set -- 1; f a b c; echo $# $1
#=> 0
#| 2
#| 1 1

#### function return values
f() { return 256; }; f; echo $?; g() { return -1; }; g; echo $?; h() { false; return; }; h; echo $?; i() { true; }; i; echo $?
#=> 0
#| 0
#| 255
#| 1
#| 0

#### function recursive locals
f() { local n=$1; [ $n -gt 0 ] && f $((n-1)); echo $n; }; f 3
#=> 0
#| 0
#| 1
#| 2
#| 3

#### function names
a-b() { echo ab; }; a-b; f.x() { echo fx; }; f.x; function +p { echo plus; }; +p
#=> 0
#| ab
#| fx
#| plus

#### function unset within
f() { unset -f f; echo once; }; f; f; echo $?
#=> 0
#| once
#| bash: line 1: f: command not found
#| 127

#### function stdin in pipeline
f() { cat; }; echo x | f | f; f < <(echo y)
#=> 0
#| x
#| y

#### local -x and export
f() { local -x V=1; bash -c 'echo $V'; }; f; bash -c 'echo "[$V]"'
#=> 0
#| 1
#| []

#### declare in function is local
f() { declare x=1; declare -g y=2; typeset z=3; }; f; echo "[$x][$y][$z]"
#=> 0
#| [][2][]

#### set -e with functions and subshell
set -e; f() { false; echo no; }; (f; echo no2) || echo caught; x=$(false) || echo x; if ! f; then echo neg; fi; f; echo unreachable
#=> 1
#| no
#| no2
#| x
#| no

#### set -e pipeline lasts
set -e; false | true; echo a; ! true; echo b; true && false || echo c; false || false || echo d; { false; } || true; echo e; [[ a == b ]] || echo f; ((0)) || echo g; ((0)); echo h
#=> 1
#| a
#| b
#| c
#| d
#| e
#| f
#| g

#### set -e and while
set -e; while false; do :; done; echo a; until true; do :; done; i=0; while ((i<2)); do ((i+=1)); done; echo $i; for i in; do false; done; echo b; case x in y) false;; esac; echo c
#=> 0
#| a
#| 2
#| b
#| c

#### set -e assignment in local
set -e; f() { local x=$(false); echo "local hides"; local y; y=$(false); echo no; }; f; echo no2
#=> 1
#| local hides

#### set -e trap ERR EXIT
set -e; trap 'echo ERR $?' ERR; trap 'echo EXIT $?' EXIT; (exit 3); echo no
#=> 3
#| ERR 3
#| EXIT 3

#### set -u variants
set -u; echo "${a:-d}" "${a-d}" "${a+x}"; echo ${#b[@]}; echo "$*"; b=(); echo "${b[@]}" "${b[*]}"; (echo $1); echo $?; (echo ${b[0]}); echo $?; (echo ${#c}); echo $?
#=> 1
#| d d 
#| bash: line 1: b: unbound variable

#### set -f
touch a b; set -f; echo *; set +f; echo *
#=> 0
#| *
#| a b

#### set -n
set -n; echo no
#=> 0
#| 

#### set -v
set -v
echo a
set +v
echo b
#=> 0
#| echo a
#| a
#| set +v
#| b

#### set -a
set -a; X=1; bash -c 'echo $X'; set +a; Y=1; bash -c 'echo "[$Y]"'
#=> 0
#| 1
#| []

#### set -k? and options listing
set -o | grep -c on; set -o pipefail; set -o | grep pipefail; set +o | grep pipefail; [[ -o pipefail ]] && echo y
#=> 0
#| 5
#| pipefail       \u{9}on
#| set -o pipefail
#| y

#### set - and --
set -x; set -; echo quiet; set -- -a -b; echo "$@"; set -e -- x; echo $1 $-
#=> 0
#| + set -
#| quiet
#| -a -b
#| x ehBc

#### trap order and nesting
trap 'echo exit1' EXIT; trap 'echo exit2' EXIT; f() { trap 'echo ret' RETURN; }; f; echo body
#=> 0
#| ret
#| body
#| exit2

#### trap with signal numbers and names
trap 'echo hup' 1 SIGUSR1 usr2; trap -p | sort; kill -HUP $$; kill -USR1 $$; kill -12 $$
#=> 0
#| trap -- 'echo hup' SIGHUP
#| trap -- 'echo hup' SIGUSR1
#| trap -- 'echo hup' SIGUSR2
#| hup
#| hup
#| hup

#### trap reset in subshell
trap 'echo T' TERM; (trap -p; kill -TERM $BASHPID; echo no) ; echo $?; kill -TERM $$; echo after
#=> 0
#| trap -- 'echo T' SIGTERM
#| Terminated
#| 143
#| T
#| after

#### trap exit code passing
trap 'echo code=$?' EXIT; false
#=> 1
#| code=1

#### trap exit in function
f() { trap 'echo ftrap' EXIT; }; f; echo main
#=> 0
#| main
#| ftrap

#### trap exit subshell exits
(trap 'echo sub; exit 7' EXIT; exit 3); echo $?; bash -c 'trap "exit 8" EXIT; exit 2'; echo $?
#=> 0
#| sub
#| 7
#| 8

#### trap ERR in function no errtrace
trap 'echo ERR' ERR; f() { false; true; }; f; echo a; set -E; f; echo b
#=> 0
#| a
#| ERR
#| b

#### trap DEBUG lines
trap 'echo "D:$BASH_COMMAND"' DEBUG; x=1; echo $x; for i in a; do :; done
#=> 0
#| D:x=1
#| D:echo $x
#| 1
#| D:for i in a
#| D::

#### trap USR1 while sleeping
trap 'echo usr1' USR1; (sleep 0.1; kill -USR1 $$) & sleep 1; echo done; wait
#=> 0
#| usr1
#| done

#### trap interrupts wait
trap 'echo usr1' USR1; (sleep 0.1; kill -USR1 $$; sleep 1) & wait $!; echo $?; wait; echo $?
#=> 0
#| usr1
#| 138
#| 0

#### trap in pipeline
trap 'echo exit' EXIT; echo a | cat; echo b
#=> 0
#| a
#| b
#| exit

#### wait for specific
(sleep 0.05; exit 4) & a=$!; (exit 5) & b=$!; wait $b; echo $?; wait $a; echo $?; wait; echo $?
#=> 0
#| 5
#| 4
#| 0

#### wait -n -p
(exit 3) & wait -n -p id; echo $? $([ $id = $! ] && echo same)
#=> 0
#| 3 same

#### background subshell variables
x=1; { x=2; echo $x; } & wait; echo $x; (x=3; echo $x) & wait $!; echo $x
#=> 0
#| 2
#| 1
#| 3
#| 1

#### background function
f() { sleep 0.05; echo "f$1"; return 6; }; f 1 & wait $!; echo $?
#=> 0
#| f1
#| 6

#### jobs -p and kill %
sleep 5 & [ "$(jobs -p)" = $! ] && echo same; kill %1; wait %1; echo $?
#=> 0
#| same
#| 143

#### disown
sleep 0.01 & disown; jobs; wait; echo ok
#=> 0
#| ok

#### async list and ands
true && echo a & wait; false || echo b & wait; echo c; echo d & echo e; wait
#=> 0
#| a
#| b
#| c
#| e
#| d

#### coproc named
coproc C { while read l; do echo "got $l"; done; }; echo x >&${C[1]}; read r <&${C[0]}; echo $r; eval "exec ${C[1]}>&-"; wait $C_PID; echo $?
#=> 0
#| got x
#| 0

#### select with reply
printf '3\n\n1\n' | { PS3='pick: '; select v in x y; do echo "v=$v r=$REPLY"; [[ $v ]] && break; done; } 2>&1
#=> 0
#| 1) x
#| 2) y
#| pick: v= r=3
#| pick: 1) x
#| 2) y
#| pick: v=x r=1

#### case fallthrough
case a in a) echo 1;& b) echo 2;;& a) echo 3;; c) echo 4;; esac; case b in a) ;; *) echo star;; esac
#=> 0
#| 1
#| 2
#| 3
#| star

#### case glob quoting
case 'a*b' in a\*b) echo esc;; esac; case ab in a*b) echo star;; esac; x='[ab]'; case a in $x) echo pat;; esac; case '[ab]' in "$x") echo lit;; esac; case a in (a|b) echo paren;; esac
#=> 0
#| esc
#| star
#| pat
#| lit
#| paren

#### if elif else chain
for n in 1 2 3 4; do if [ $n = 1 ]; then echo one; elif [ $n = 2 ]; then echo two; elif false; then :; else echo other; fi; done
#=> 0
#| one
#| two
#| other
#| other

#### loops with break in pipeline
for i in 1 2 3; do echo $i; [ $i = 2 ] && break; done | cat; echo ${PIPESTATUS[@]}
#=> 0
#| 1
#| 2
#| 0 0

#### nested loops continue n
for i in 1 2; do for j in a b c; do for k in x y; do [ $j = b ] && continue 2; [ $i$j$k = 2ax ] && break 3; echo $i$j$k; done; done; done
#=> 0
#| 1ax
#| 1ay
#| 1cx
#| 1cy

#### while read file
printf '1 a\n2 b\n' > f; while read -r n l; do echo "$l$n"; done < f; echo "$n"
#=> 0
#| a1
#| b2

#### c-style for variants
for ((;;)); do break; done; for ((i=5;i;i--)) { echo -n $i; }; echo; for ((i=0,s=0;i<5;s+=i,i++)); do :; done; echo $s
#=> 0
#| 54321
#| 10

#### arith command status
((5>3)); echo $?; ((0)); echo $?; ((x=0)); echo $?; ((x++)); echo $? $x; let "y=5" "z=y*2"; echo $? $z
#=> 0
#| 0
#| 1
#| 1
#| 1 1
#| 0 10

#### arith bases and big
echo $((16#ff)) $((36#z)) $((2#1010)) $((0xFF)) $((9223372036854775807+1)) $((-9223372036854775808)) $((1<<63))
#=> 0
#| 255 35 10 255 -9223372036854775808 -9223372036854775808 -9223372036854775808

#### arith assign ops
x=7; echo $((x+=3)) $((x-=1)) $((x*=2)) $((x/=3)) $((x%=4)) $((x<<=2)) $((x|=1)) $((x&=6)) $((x^=5))
#=> 0
#| 10 9 18 6 2 8 9 0 5

#### arith precedence
echo $((2+3*4**2)) $((10-2-3)) $((2**3**2)) $((7&3|8)) $((!1+1)) $((-2**2)) $((1?2:3?4:5)) $((5>3>1))
#=> 0
#| 50 5 512 11 1 4 2 0

#### arith errors in if
if (( 1/0 )); then echo y; else echo n; fi; echo $?
#=> 0
#| bash: line 1: ((: 1/0 : division by 0 (error token is "0 ")
#| n
#| 0

#### test builtin combos
[ 1 -lt 2 -a 2 -lt 3 ]; echo $?; [ ! 1 = 2 ]; echo $?; [ "" ]; echo $?; [ -n ]; echo $?; test; echo $?; [ a \< b ]; echo $?; [ -f /etc/passwd ]; echo $?
#=> 0
#| 0
#| 0
#| 1
#| 0
#| 1
#| 0
#| 0

#### double bracket misc
x=; [[ -z $x && -n "a" || -n $y ]]; echo $?; [[ $x ]]; echo $?; [[ abc == *b* ]]; echo $?; [[ abc == "*b*" ]]; echo $?; [[ 3 -gt 2 && 2 -gt 1 ]]; echo $?; [[ ! -e /nosuch ]]; echo $?; [[ a -ef a ]]; echo $?
#=> 0
#| 0
#| 1
#| 0
#| 1
#| 0
#| 0
#| 1

#### regex captures
[[ "2024-01-15" =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})$ ]] && echo "${BASH_REMATCH[@]}"; [[ foobar =~ (o+)(b)? ]]; echo ${#BASH_REMATCH[@]} ${BASH_REMATCH[1]}; [[ abc =~ z ]]; echo $? ${#BASH_REMATCH[@]}
#=> 0
#| 2024-01-15 2024 01 15
#| 3 oo
#| 1 0

#### regex alternation anchors
for s in cat dog cow; do [[ $s =~ ^(cat|dog)$ ]] && echo $s; done; r='\.txt$'; [[ a.txt =~ $r ]] && echo ext; [[ "a b" =~ [[:space:]] ]] && echo sp
#=> 0
#| cat
#| dog
#| ext
#| sp

#### eval quoting
x='a b'; eval "y='$x'"; echo "$y"; eval echo '$x'; eval 'echo "$x"'; c='echo hi; echo there'; eval $c; eval "$c"
#=> 0
#| a b
#| a b
#| a b
#| hi
#| there
#| hi
#| there

#### exec with args
(exec -a name bash -c 'echo $0'); (exec cat <<< hi); exec 2>&1; echo to_err >&2
#=> 0
#| name
#| hi
#| to_err

#### source args and return
echo 'echo "$1 $#"; x=set; return 3; echo no' > s; set -- outer; . ./s in 2; echo $? $x $1; . ./s; echo $1
#=> 0
#| in 2
#| 3 set outer
#| outer 1
#| outer

#### command builtin
command -v ls > /dev/null; echo $?; ls() { echo mine; }; command ls > /dev/null; echo $?; ls; command -V ls | head -1; unset -f ls
#=> 0
#| 0
#| 0
#| mine
#| ls is a function

#### type
f() { :; }; type f | head -2; type -t if f cd bash nosuch; type nosuch; echo $?; alias a=b; type -t a
#=> 1
#| f is a function
#| f () 
#| keyword
#| function
#| builtin
#| file
#| bash: line 1: type: nosuch: not found
#| 1

#### export and env
export A=1 B; B=2; env | grep '^[AB]=' | sort; export -p | grep -c 'declare -x A'; unset A; env | grep -c '^A='
#=> 1
#| A=1
#| B=2
#| 1
#| 0

#### readonly list
readonly R=1; readonly -p | grep R=; R=2; echo no
#=> 1
#| declare -r R="1"
#| bash: line 1: R: readonly variable

#### declare -p forms
a=1; declare -i i=5; declare -a arr=(x "y z"); declare -A m=([k]=v); declare -r ro=1; export ex=1; declare -p a i arr m ro ex; declare -p nosuch; echo $?
#=> 0
#| declare -- a="1"
#| declare -i i="5"
#| declare -a arr=([0]="x" [1]="y z")
#| declare -A m=([k]="v" )
#| declare -r ro="1"
#| declare -x ex="1"
#| bash: line 1: declare: nosuch: not found
#| 1

#### printf -v and %q %b
printf -v x '%s-%s' a b; echo $x; printf '%q %q\n' "a b" "it's"; printf '%b\n' 'a\tb'; printf '%s\n' "${x@Q}"
#=> 0
#| a-b
#| a\u{5c} b it\u{5c}'s
#| a\u{9}b
#| 'a-b'

#### getopts full
f() { local OPTIND o; while getopts ":ab:c" o "$@"; do case $o in a) echo A;; b) echo "B=$OPTARG";; :) echo "need $OPTARG";; \?) echo "bad $OPTARG";; esac; done; shift $((OPTIND-1)); echo "rest $*"; }; f -a -b 1 -z x y; f -b; f -ab2 -- -c
#=> 0
#| A
#| B=1
#| bad z
#| rest x y
#| need b
#| rest 
#| A
#| B=2
#| rest -c

#### mapfile callback and delim
printf 'a:b:c' > f; mapfile -d : -t x < f; echo ${#x[@]} ${x[2]}; mapfile -t -O 2 y < <(printf '1\n2\n'); echo ${!y[@]}
#=> 0
#| 3 c
#| 2 3

#### dirstack
cd /; pushd /tmp > /dev/null; pushd /tmp > /dev/null; dirs -v | wc -l; popd > /dev/null; pwd; popd > /dev/null; pwd
#=> 0
#| 3
#| /tmp
#| /

#### umask and perms
umask 077; > f; [ -r f ] && echo r; umask -S; umask 022
#=> 0
#| r
#| u=rwx,g=,o=

#### special vars
echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL)); f() { echo ${FUNCNAME[@]} ${#FUNCNAME[@]}; }; f; g() { f; }; g; echo "${FUNCNAME[0]-none}"
#=> 0
#| 0
#| 1
#| 2
#| f 1
#| f g 2
#| none

#### pipestatus and negate
! true | false; echo $? ${PIPESTATUS[@]}; true | ! false; echo $?
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `!'
#| bash: -c: line 1: `! true | false; echo $? ${PIPESTATUS[@]}; true | ! false; echo $?'

#### long or chains
false || false || true && echo yes; true || echo no && echo and; false && echo no || echo or
#=> 0
#| yes
#| and
#| or

#### semicolon newline mixes
{ echo a
echo b; }; ( echo c
echo d ); if true
then echo e
fi; for i in 1
do echo $i
done
#=> 0
#| a
#| b
#| c
#| d
#| e
#| 1

#### comments everywhere
echo a #b
# full
{ # in group
echo c; } # after
case x in # c
x) echo d;; # e
esac
#=> 0
#| a
#| c
#| d

#### line continuation in words
echo ab\
cd "ef\
gh" 'ij\
kl'
#=> 0
#| abcd efgh ij\u{5c}
#| kl

#### escaped chars
echo \a \\ \" \' \$x \` \* \# a\ b
#=> 0
#| a \u{5c} " ' $x ` * # a b

#### reserved words as args
echo if then fi do done; for in in in; do echo $in; done; echo { } !
#=> 0
#| if then fi do done
#| in
#| { } !

#### brace group needs
{ echo a;}; {echo b; } 2>/dev/null; echo $?
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `}'
#| bash: -c: line 1: `{ echo a;}; {echo b; } 2>/dev/null; echo $?'

#### syntax error mid script
echo 1
echo 2; fi
echo 3
#=> 2
#| 1
#| bash: -c: line 2: syntax error near unexpected token `fi'
#| bash: -c: line 2: `echo 2; fi'

#### syntax error in function body
f() { echo a
echo ${x
}
#=> 2
#| bash: -c: line 4: syntax error: unexpected end of file

#### unterminated backtick
echo `echo a
#=> 2
#| bash: -c: line 1: unexpected EOF while looking for matching ``'

#### unexpected token in for
for x in a b do echo $x; done
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `done'
#| bash: -c: line 1: `for x in a b do echo $x; done'

#### unmatched paren
echo (a b)
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `a'
#| bash: -c: line 1: `echo (a b)'

#### missing then
if true; echo a; fi
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `fi'
#| bash: -c: line 1: `if true; echo a; fi'

#### bad arith for
for ((i=0;i<3)); do :; done
#=> 2
#| bash: -c: line 1: syntax error: arithmetic expression required
#| bash: -c: line 1: syntax error: `((i=0;i<3))'

#### keyword misuse
do echo a; done
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `do'
#| bash: -c: line 1: `do echo a; done'

#### eof in heredoc
cat <<X
abc
#=> 0
#| bash: line 2: warning: here-document at line 1 delimited by end-of-file (wanted `X')
#| abc

#### eof in if
if true; then
echo a
#=> 2
#| bash: -c: line 3: syntax error: unexpected end of file

#### double semicolon
echo a;; echo b
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `;;'
#| bash: -c: line 1: `echo a;; echo b'

#### and at start
&& echo a
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `&&'
#| bash: -c: line 1: `&& echo a'

#### empty group
{ }
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `}'
#| bash: -c: line 1: `{ }'

#### bad function
f() echo hi
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `echo'
#| bash: -c: line 1: `f() echo hi'

#### bad redirect
echo >
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `newline'
#| bash: -c: line 1: `echo >'

#### command not found variants
nosuch; ./nosuch; /nosuch/cmd; ''; echo $?; "nosuch cmd"; echo $?
#=> 0
#| bash: line 1: nosuch: command not found
#| bash: line 1: ./nosuch: No such file or directory
#| bash: line 1: /nosuch/cmd: No such file or directory
#| bash: line 1: : command not found
#| 127
#| bash: line 1: nosuch cmd: command not found
#| 127

#### permission denied exec
echo hi > f; ./f; echo $?; /etc/passwd; echo $?
#=> 0
#| bash: line 1: ./f: Permission denied
#| 126
#| bash: line 1: /etc/passwd: Permission denied
#| 126

#### shebang with args
printf '#!/bin/bash -e\nfalse\necho no\n' > s; chmod +x s; ./s; echo $?
#=> 0
#| 1

#### script no shebang
printf 'echo "$0 $# $1"\nexit 4\n' > s; chmod +x s; ./s a b; echo $?
#=> 0
#| ./s 2 a
#| 4

#### script arg passing
printf 'for a; do echo "<$a>"; done\n' > s; bash s "a b" "" c; bash ./s; bash -c 'echo "$0 $1"' x y; bash -s a b <<< 'echo $# $1'
#=> 0
#| <a b>
#| <>
#| <c>
#| x y
#| 2 a

#### bash option args
bash -c 'echo ${-#h}'; bash -ec 'false; echo no'; echo $?; bash -uc 'echo $nosuch'; echo $?; bash -o pipefail -c 'false | true'; echo $?; bash -x -c 'echo a'; bash +B -c 'echo {a,b}'
#=> 0
#| Bc
#| 1
#| bash: line 1: nosuch: unbound variable
#| 127
#| 1
#| + echo a
#| a
#| {a,b}

#### sh mode
sh -c 'echo $0; echo ok'; sh -c 'f() { local x=1; echo $x; }; f'; sh -c 'echo $((1+1))'
#=> 0
#| sh
#| ok
#| 1
#| 2

#### nested shells
bash -c "bash -c 'echo nested'"; bash -c 'exit 3'; echo $?; bash -c 'kill -TERM $$'; echo $?
#=> 0
#| nested
#| 3
#| Terminated
#| 143

#### env vars to child
A=1 B="x y" bash -c 'echo "$A|$B"'; export C=3; C=4 bash -c 'echo $C'; echo $C; bash -c 'echo ${A-unset}'
#=> 0
#| 1|x y
#| 4
#| 3
#| unset

#### PATH lookups
mkdir bin; printf '#!/bin/sh\necho mine\n' > bin/foo; chmod +x bin/foo; PATH=$PWD/bin:$PATH; foo; PATH=/nosuch; foo; echo $?
#=> 0
#| mine
#| bash: line 1: foo: command not found
#| 127

#### cd and pwd
mkdir -p a/b; cd a/b; echo ${PWD##*/}; cd ..; echo ${PWD##*/}; cd - > /dev/null; echo ${PWD##*/}; HOME=/; cd; pwd; cd nosuch; echo $?
#=> 0
#| b
#| a
#| b
#| /
#| bash: line 1: cd: nosuch: No such file or directory
#| 1

#### CDPATH
mkdir -p x/y; CDPATH=x; cd y > /dev/null && echo ${PWD##*/}
#=> 0
#| y

#### let string
let x='1 + 2' 'y = x * 2'; echo $x $y; let 'x++'; echo $x
#=> 0
#| 3 6
#| 4

#### null command and true
: ; true; echo $?; : a b > f; cat f; : ${x:=1}; echo $x
#=> 0
#| 0
#| 1

#### times and times format
times | wc -l
#=> 0
#| 2

#### hash
hash cat 2>/dev/null; hash -t cat | grep -c cat; hash -r; hash; echo $?
#=> 0
#| 1
#| hash: hash table empty
#| 0

#### shopt query
shopt -q extglob; echo $?; shopt -s extglob; shopt -q extglob; echo $?; shopt extglob; shopt -p extglob
#=> 0
#| 1
#| 0
#| extglob        \u{9}on
#| shopt -s extglob

#### lastpipe
shopt -s lastpipe; echo a b | read x y; echo $y $x; seq 3 | while read n; do t=$((t+n)); done; echo $t
#=> 0
#| b a
#| 6

#### nocaseglob nullglob dotglob
touch A.txt b.TXT; shopt -s nocaseglob; echo *.txt; shopt -u nocaseglob; shopt -s nullglob; echo *.none | wc -c
#=> 0
#| A.txt b.TXT
#| 1

#### array from command
a=($(echo 1 2 3)); echo ${#a[@]}; b=("$(echo 1 2 3)"); echo ${#b[@]}; c=(`seq 3`); echo ${c[2]}; mapfile -t d < <(seq 3); echo ${d[@]}
#=> 0
#| 3
#| 1
#| 3
#| 1 2 3

#### array copy and nested quotes
a=("x y" z); b=("${a[@]}"); echo ${#b[@]}; c=(${a[@]}); echo ${#c[@]}; d="${a[@]}"; echo "$d"; e=("${a[*]}"); echo ${#e[@]}
#=> 0
#| 2
#| 3
#| x y z
#| 1

#### array delete and compact
a=(1 2 3 4); unset 'a[1]'; a=("${a[@]}"); echo ${!a[@]} ${a[@]}; a=(); echo ${#a[@]}; a[3]=x; echo ${#a[@]}
#=> 0
#| 0 1 2 1 3 4
#| 0
#| 1

#### array negative idx
a=(1 2 3); echo ${a[-1]} ${a[-3]}; a[-1]=z; echo ${a[@]}; unset 'a[-1]'; echo ${#a[@]}
#=> 0
#| 3 1
#| 1 2 z
#| 2

#### assoc iteration
declare -A m=([one]=1 [two]=2 [three]=3); for k in "${!m[@]}"; do echo "$k"; done | sort; echo ${#m[@]}; m[one]+=x; echo ${m[one]}; unset 'm[two]'; echo ${#m[@]}; [[ -v m[one] ]]; echo $?; k=three; echo ${m[$k]}
#=> 0
#| one
#| three
#| two
#| 3
#| 1x
#| 2
#| 0
#| 3

#### array in arithmetic
a=(5 6 7); i=1; echo $((a[i]+a[2])) $((a[i]++)) ${a[1]}; ((a[0]*=2)); echo ${a[0]}; echo $((${#a[@]}*2))
#=> 0
#| 13 6 7
#| 10
#| 6

#### array element with spaces index
declare -A m; m["a b"]=1; m[$'c\td']=2; for k in "${!m[@]}"; do printf '[%s]' "$k"; done | wc -c; echo "${m["a b"]}"
#=> 0
#| 10
#| 1

#### ps4 and xtrace nested
PS4='+${LINENO}: '; set -x; f() { echo $1; }; f a; x=$(echo b); { set +x; } 2>/dev/null; echo end
#=> 0
#| +1: f a
#| +1: echo a
#| a
#| ++1: echo b
#| +1: x=b
#| end

#### xtrace to fd
exec 7>tr; BASH_XTRACEFD=7; set -x; echo hi; set +x; cat tr
#=> 0
#| hi
#| + echo hi
#| + set +x

#### LINENO in functions and sourced
f() {
  echo $LINENO
}
echo $LINENO
f
eval 'echo $LINENO'
#=> 0
#| 4
#| 2
#| 6

#### BASH_SOURCE in sourced
echo 'echo ${BASH_SOURCE[0]} ${#BASH_SOURCE[@]}; g() { echo ${BASH_SOURCE[0]} ${FUNCNAME[0]}; }' > s; . ./s; g
#=> 0
#| ./s 1
#| ./s g

#### caller
f() { caller 0; }; f; g() { f; }; g
#=> 0
#| 1 g environment

#### unset variants
x=1; unset x; echo ${x-u}; f() { :; }; unset f; type f 2>&1 | head -1; unset -v nosuch; echo $?; readonly r=1; unset r; echo $?
#=> 0
#| u
#| bash: line 1: type: f: not found
#| 0
#| bash: line 1: unset: r: cannot unset: readonly variable
#| 1

#### nameref arrays
a=(1 2); declare -n r=a; echo ${r[1]} ${#r[@]}; r+=(3); echo ${a[@]}; r[0]=x; echo ${a[0]}; f() { local -n out=$1; out=(p q); }; f res; echo ${res[@]}; for n in a res; do declare -n q=$n; echo ${q[0]}; done
#=> 0
#| 2 2
#| 1 2 3
#| x
#| p q
#| x
#| p

#### integer attr
declare -i x; x=2+3; echo $x; x+=4; echo $x; x=abc; echo $x; y=3; x=y*2; echo $x
#=> 0
#| 5
#| 9
#| 0
#| 6

#### case attrs
declare -u u=abc; u+=def; echo $u; declare -l l=ABC; echo $l; declare -c c=hELLO; echo $c
#=> 0
#| ABCDEF
#| abc
#| Hello

#### process subst as file
wc -l < <(seq 3); while read x; do echo $x; done < <(seq 2); cat <(echo 1; echo 2) <(echo 3)
#=> 0
#| 3
#| 1
#| 2
#| 1
#| 2
#| 3

#### process subst write
echo data | tee >(cat > out) > /dev/null; while [ ! -s out ]; do sleep 0.01; done; cat out
#=> 0
#| data

#### printf loops and missing
printf '%s,%d\n' a 1 b; printf '%s\n'; printf 'no newline'; echo; printf -- '-x\n'
#=> 0
#| a,1
#| b,0
#| 
#| no newline
#| -x

#### echo edge
echo -e 'a\cb'; echo; echo -n; echo -ne 'x\ny\n'; echo -E '\n'; echo "-n"; echo - a
#=> 0
#| a
#| x
#| y
#| \u{5c}n
#| - a

#### string comparisons locale
[[ a < B ]]; echo $?; [ a \> B ]; echo $?; [[ 10 < 9 ]]; echo $?
#=> 0
#| 1
#| 0
#| 0

#### ulimit and misc
ulimit -c >/dev/null; echo $?; [ "$(ulimit -n)" -gt 0 ] && echo ok
#=> 0
#| 0
#| ok
