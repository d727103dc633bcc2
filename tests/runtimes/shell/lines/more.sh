#### procsub
cat <(echo a) <(echo b); echo c > >(cat); wait $!
#=> 0
#| a
#| b
#| c

#### while procsub
while true; do echo x; break; done < <(echo a; echo b); cat < <(echo q)
#=> 0
#| x
#| q

#### unexpected eof
echo "abc
#=> 2
#| bash: -c: line 1: unexpected EOF while looking for matching `"'

#### quoting mix
echo a\ b 'c d'"e f"\' "\$x" '\n' "\n" a\
b
#=> 0
#| a b c de f' $x \u{5c}n \u{5c}n ab

#### comments
echo a # comment
# only
echo b#c '#d'
#=> 0
#| a
#| b#c #d

#### empty lines and semis
echo a;

echo b
#=> 0
#| a
#| b

#### and or newline
true &&
echo a ||
echo b
#=> 0
#| a

#### group
{ echo a; echo b; } > f; cat f; { echo c; } | cat
#=> 0
#| a
#| b
#| c

#### nested subst
echo $(echo $(echo $(echo deep)))
#=> 0
#| deep

#### backtick nested
echo `echo \`echo in\``
#=> 0
#| in

#### cmd subst in dq
x="$(printf 'a\n\n\n')"; echo "[$x]"
#=> 0
#| [a]

#### status after assign
x=$(false); echo $?; x=1; echo $?; local_() { local y=$(false); echo $?; }; local_
#=> 0
#| 1
#| 0
#| 0

#### redirect order
{ echo out; echo err >&2; } 2>&1 >f | cat; cat f
#=> 0
#| err
#| out

#### close fd
echo a >&- ; echo $?
#=> 0
#| bash: line 1: echo: write error: Bad file descriptor
#| 1

#### bad fd
echo a >&9; echo $?
#=> 0
#| bash: line 1: 9: Bad file descriptor
#| 1

#### ambiguous
x="a b"; echo > $x; echo $?
#=> 0
#| bash: line 1: $x: ambiguous redirect
#| 1

#### noclobber
set -C; echo a > f; echo b > f; echo $?; echo c >| f; cat f
#=> 0
#| bash: line 1: f: cannot overwrite existing file
#| 1
#| c

#### rw
echo abc > f; exec 3<>f; cat <&3; exec 3>&-
#=> 0
#| abc

#### dup
exec 4>&1; echo x >&4; exec 4>&-; echo y >&4
#=> 1
#| x
#| bash: line 1: 4: Bad file descriptor

#### move fd
exec 4>f; exec 5>&4-; echo hi >&5; cat f; echo no >&4
#=> 1
#| hi
#| bash: line 1: 4: Bad file descriptor

#### func redirect
f() { echo in; cat; } < <(echo data) > f; f; cat f
#=> 0
#| in
#| data

#### heredoc expand
x=1; cat <<E
$x ${x} $(echo cmd) `echo bt` $((1+1)) \$x \\ \a "q" 'q'
E
#=> 0
#| 1 1 cmd bt 2 $x \u{5c} \u{5c}a "q" 'q'

#### heredoc quoted partial
cat <<"E"
$x
E
cat <<E\F
$y
EF
#=> 0
#| $x
#| $y

#### two heredocs
cat <<A; cat <<B
1
A
2
B
#=> 0
#| 1
#| 2

#### heredoc in func
f() { cat <<E
hi $1
E
}; f a; f b
#=> 0
#| hi a
#| hi b

#### arith errors
echo $((1/0)); echo after
echo next
#=> 0
#| bash: line 1: 1/0: division by 0 (error token is "0")
#| next

#### arith syntax
echo $((1+)); echo after
#=> 1
#| bash: line 1: 1+: syntax error: operand expected (error token is "+")

#### readonly
x=1; readonly x; x=2; echo after
echo next
#=> 0
#| bash: line 1: x: readonly variable
#| next

#### for readonly args
for x; do echo $x; done; f() { for x; do echo "<$x>"; done; }; f a "b c"
#=> 0
#| <a>
#| <b c>

#### case patterns
case "a*" in "a*") echo lit;; esac; case abc in a?c) echo q;; esac; case x in [!a-c]) echo neg;; esac; case '' in '') echo empty;; esac
#=> 0
#| lit
#| q
#| neg
#| empty

#### case quotes var
p='a*'; case abc in $p) echo glob;; esac; case abc in "$p") echo lit;; *) echo no;; esac
#=> 0
#| glob
#| no

#### extglob case
shopt -s extglob
case foobar in @(foo|baz)*) echo y;; esac; case aaa in +(a)) echo plus;; esac; x=foobar; echo ${x%%+(o)bar} ${x//@(o|a)/X}
#=> 0
#| y
#| plus
#| f fXXbXr

#### nocasematch
shopt -s nocasematch; [[ ABC == abc ]] && echo y; case FOO in foo) echo c;; esac
#=> 0
#| y
#| c

#### dollar at
set -- "a b" c; for i in "$@"; do echo "[$i]"; done; for i in $@; do echo "<$i>"; done; for i in "$*"; do echo "{$i}"; done; for i in "x$@y"; do echo "($i)"; done
#=> 0
#| [a b]
#| [c]
#| <a>
#| <b>
#| <c>
#| {a b c}
#| (xa b)
#| (cy)

#### dollar star ifs
IFS=,; set -- a b c; echo "$*" $*; x="$*"; echo "$x"
#=> 0
#| a,b,c a b c
#| a,b,c

#### empty args
set --; for i in "$@"; do echo no; done; echo "[$*]" "[$@]" $#; f() { echo $#; }; f "$@"; f "" ; f "$*"
#=> 0
#| [] [] 0
#| 0
#| 1
#| 1

#### shift
set -- 1 2 3; shift 2; echo $1; shift 5; echo $? $1
#=> 0
#| 3
#| 1 3

#### positional 10
set -- 1 2 3 4 5 6 7 8 9 ten; echo $10 ${10} ${#}
#=> 0
#| 10 ten 10

#### return status
f() { return 7; }; f; echo $?; f || echo $?; if f; then :; else echo $?; fi
#=> 0
#| 7
#| 7
#| 7

#### function override builtin
echo() { builtin echo "wrapped: $*"; }; echo hi; unset -f echo; echo hi
#=> 0
#| wrapped: hi
#| hi

#### recursion depth
f() { if (( $1 > 0 )); then f $(($1-1)); else echo done; fi; }; f 200
#=> 0
#| done

#### exit codes
bash -c 'exit 300'; echo $?; (exit -1); echo $?
#=> 0
#| 44
#| 255

#### signal exit
bash -c 'kill -9 $$'; echo $?
#=> 0
#| bash: line 1:  PID Killed                  bash -c 'kill -9 $$'
#| 137

#### trap return
f() { trap 'echo ret' RETURN; echo in; }; f; echo out
#=> 0
#| in
#| ret
#| out

#### trap debug
trap 'echo dbg' DEBUG; echo a; echo b
#=> 0
#| dbg
#| a
#| dbg
#| b

#### trap in subshell
trap 'echo parent' EXIT; (trap 'echo child' EXIT; echo in); echo out
#=> 0
#| in
#| child
#| out
#| parent

#### trap list
trap 'echo x' INT TERM; trap 'echo e' EXIT; trap; trap - INT; trap -p TERM INT; trap - EXIT
#=> 0
#| trap -- 'echo e' EXIT
#| trap -- 'echo x' SIGINT
#| trap -- 'echo x' SIGTERM
#| trap -- 'echo x' SIGTERM

#### trap ignore
trap '' TERM; kill -TERM $$; echo alive; bash -c 'kill -TERM $$; echo child alive'
#=> 0
#| alive
#| child alive

#### trap exit status
trap 'exit 9' EXIT; exit 3
#=> 9
#| 

#### err trap with pipefail
set -o pipefail; trap 'echo ERR' ERR; true | false | true; echo next
#=> 0
#| ERR
#| next

#### errexit subst
set -e; x=$(false); echo no
#=> 1
#| 

#### errexit in func cond
set -e; f() { false; echo survived; }; if f; then echo y; fi; f || true; ! f; echo end
#=> 0
#| survived
#| y
#| survived
#| survived
#| end

#### errexit pipe
set -e; false | true; echo a; true | false; echo b
#=> 1
#| a

#### errexit and
set -e; false && true; echo a; true && false; echo b
#=> 1
#| a

#### errexit brace
set -e; { false; } || echo c; { false; }; echo d
#=> 1
#| c

#### nounset
set -u; a=(); echo "${a[@]}" "${x-def}" "$@"; echo ${y:+z}; echo $y; echo no
#=> 127
#| def
#| 
#| bash: line 1: y: unbound variable

#### nounset arith
set -u; echo $((nosuch+1)); echo no
#=> 127
#| bash: line 1: nosuch: unbound variable

#### pipeline with compound
for i in 3 1 2; do echo $i; done | while read x; do echo "r$x"; done; if true; then echo a; fi | cat; (echo b) | cat; { echo c; } | cat
#=> 0
#| r3
#| r1
#| r2
#| a
#| b
#| c

#### async order
(sleep 0.05; echo 2) & echo 1; wait
#=> 0
#| 1
#| 2

#### bg status
(exit 3) & p=$!; wait $p; echo $?; wait $p; echo $?; wait 99999; echo $?
#=> 0
#| 3
#| 3
#| bash: line 1: wait: pid 99999 is not a child of this shell
#| 127

#### jobs
sleep 5 & jobs; kill %1; wait 2>/dev/null; echo done
#=> 0
#| [1]+  Running                 sleep 5 &
#| done

#### exec replace
(exec echo hi; echo no); exec echo last; echo no
#=> 0
#| hi
#| last

#### exec missing
(exec nosuchcmd; echo no); echo $?
#=> 0
#| bash: line 1: exec: nosuchcmd: not found
#| 127

#### command v
command -v if; command -v cd; f() { :; }; command -v f; command -v cat >/dev/null && echo found; type -t if cd f cat
#=> 0
#| if
#| cd
#| f
#| found
#| keyword
#| builtin
#| function
#| file

#### cd
cd /; pwd; cd /tmp; cd -; echo $OLDPWD $PWD; cd /nosuch; echo $?
#=> 0
#| /
#| /
#| /tmp /
#| bash: line 1: cd: /nosuch: No such file or directory
#| 1

#### umask etc
umask 022; umask; echo $UID >/dev/null; [ -n "$PPID" ] && echo ppid
#=> 0
#| 0022
#| ppid

#### assignment prefix
x=1; x=2 eval 'echo $x'; echo $x; f() { echo "f $x"; }; x=3 f; echo $x; x=4 env | grep ^x=
#=> 0
#| 2
#| 1
#| f 3
#| 1
#| x=4

#### assignment prefix multiple
a=1 b=$a bash -c 'echo "$a|$b"'
#=> 0
#| 1|1

#### IFS read
echo "a:b:c" | { IFS=: read x y; echo "$x $y"; echo "a b" | { read p q; echo $q; }; }
#=> 0
#| a b:c
#| b

#### array ops
a=(a b c); echo "${a[@]/b/X}" "${a[@]#a}" "${a[*]^}" ${#a[1]} "${a[@]:1}"; a=("${a[@]}" d); echo ${#a[@]}; a=([2]=x [0]=y z); declare -p a; echo ${a[*]}
#=> 0
#| a X c  b c A B C 1 b c
#| 4
#| declare -a a=([0]="y" [1]="z" [2]="x")
#| y z x

#### array assign index expr
i=1; a[i+1]=x; a[$i]=y; a[-1]+=z; echo "${!a[@]}" "${a[@]}"
#=> 0
#| 1 2 y xz

#### array append string
a=(x); a+=y; echo ${a[0]}; a+=(z); echo ${#a[@]}; b=s; b+=(t); declare -p b
#=> 0
#| xy
#| 2
#| declare -a b=([0]="s" [1]="t")

#### array slices neg
a=(1 2 3 4 5); echo ${a[@]: -2} ${a[@]:1:3} ${a[@]:10}
#=> 0
#| 4 5 2 3 4

#### unset elem
a=(1 2 3); unset a[1]; echo ${#a[@]} "${!a[@]}"; unset a; echo ${a-unset}
#=> 0
#| 2 0 2
#| unset

#### keys spaces
declare -A A=(["a b"]=1 [c]=2); for k in "${!A[@]}"; do echo "$k:${A[$k]}"; done | sort; A[c]+=x; echo ${A[c]}; [[ -v A[c] ]] && echo set
#=> 0
#| a b:1
#| c:2
#| 2x
#| set

#### string ops unicode
x=héllo; echo ${#x} ${x:1:1} ${x^^} ${x/é/e}
#=> 0
#| 5 é HÉLLO hello

#### ansi c
echo $'\x41\101\u00e9\t|\e[0m'
#=> 0
#| AAé\u{9}|\u{1b}[0m

#### printf multi
printf '%s %5d|%-5s|%05.2f %x %o %c %%\n' a 42 b 3.14159 255 8 z
#=> 0
#| a    42|b    |03.14 ff 10 z %

#### echo opts
echo -n a; echo -e 'b\tc'; echo -E 'd\te'; echo -- x; echo -nx
#=> 0
#| ab\u{9}c
#| d\u{5c}te
#| -- x
#| -nx

#### let
let x=1+2 y=x*2; echo $x $y; let 0; echo $?
#=> 0
#| 3 6
#| 1

#### arithmetic ops
echo $((7/2)) $((-7/2)) $((7%3)) $((2**10)) $((1<<4)) $((0x1f)) $((010)) $((2#101)) $((~5)) $((!0)) $((1?2:3)) $((3>2&&1||0)) $((5&3)) $((5|3)) $((5^3))
#=> 0
#| 3 -3 1 1024 16 31 8 5 -6 1 2 1 1 7 6

#### arithmetic assign
x=5; ((x+=3)); echo $x; ((x<<=1)); echo $x; echo $((x++)) $((++x)) $((x--)) $x; echo $((a[2]=7)) ${a[2]}
#=> 0
#| 8
#| 16
#| 16 18 18 17
#| 7 7

#### arithmetic vars
a=b; b=c; c=7; echo $((a)); x='1+2'; echo $((x*2)) $(($x*2))
#=> 0
#| 7
#| 6 5

#### comma
echo $((1,2,3)); for ((i=0,j=0;i<2;i++,j+=2)); do echo $i,$j; done
#=> 0
#| 3
#| 0,0
#| 1,2

#### test ops
[ a = a -a b = b ] && echo 1; [ ! -e /nosuch ] && echo 2; [[ -d / && -r / ]] && echo 3; [ 1 -eq 1 ] && echo 4; test -n x && echo 5; [[ ! a ]] || echo 6; [ ]; echo $?
#=> 0
#| 1
#| 2
#| 3
#| 4
#| 5
#| 6
#| 1

#### test errors
[ a -eq b ]; echo $?; [ a b ]; echo $?; [ ( ]; echo $?
#=> 2
#| bash: -c: line 1: syntax error near unexpected token `]'
#| bash: -c: line 1: `[ a -eq b ]; echo $?; [ a b ]; echo $?; [ ( ]; echo $?'

#### dbl bracket regex
re='^([a-z]+)([0-9]+)$'; [[ abc123 =~ $re ]]; echo $? "${BASH_REMATCH[@]}"; [[ "a.c" =~ a\.c ]] && echo lit; [[ abc =~ a.c ]] && echo dot; [[ 'a b' =~ a\ b ]] && echo sp; [[ x =~ "x" ]] && echo q
#=> 0
#| 0 abc123 abc 123
#| lit
#| dot
#| sp
#| q

#### conditional grouping
[[ ( a == b || c == c ) && ! ( x == y ) ]] && echo y; [[ a < b ]] && echo lt; [[ -z $nosuch ]] && echo z
#=> 0
#| y
#| lt
#| z

#### pattern removal quotes
x='a*b'; echo "${x#a\*}" "${x#'a*'}" ${x%"*b"}; y='*'; echo "${x/"$y"/-}" "${x/$y/-}"
#=> 0
#| b b a
#| a-b -

#### patsub amp
x=abc; echo ${x/b/[&]} ${x/b/[\&]} "${x/b/"&"}"
#=> 0
#| a[b]c a[&]c a&c

#### subst special chars
x='a/b/c'; echo ${x//\//-} ${x##*/} ${x%/*}
#=> 0
#| a-b-c c a/b

#### indirect array
arr=(1 2 3); n=arr[@]; echo "${!n}"; n=arr[1]; echo ${!n}; set -- a b; n=2; echo ${!n} ${!#}
#=> 0
#| 1 2 3
#| 2
#| b b

#### transform
x='a b'; echo ${x@Q} ${x@U} ${x@u} ${x@L}; a=(1 2); echo "${a[@]@A}"; y='\t'; echo "[${y@E}]"
#=> 0
#| 'a b' A B A b a b
#| declare -a a=([0]="1" [1]="2")
#| [\u{9}]

#### pwd tilde
HOME=/h; echo ~ ~/x "~"; x=~/y; echo $x; PATH=~/bin:$PATH; echo ${PATH%%:*}
#=> 0
#| /h /h/x ~
#| /h/y
#| /h/bin

#### brace expansions
echo {a,b}{1,2} {1..10..3} {z..w} {a,b,}x {a} {,} a{1,{2,3}}b {05..7} "{a,b}" \{a,b} {1..3}{a,b} {-2..2}
#=> 0
#| a1 a2 b1 b2 1 4 7 10 z y x w ax bx x {a} a1b a2b a3b 05 06 07 {a,b} {a,b} 1a 1b 2a 2b 3a 3b -2 -1 0 1 2

#### brace vars
x=1; echo {$x,2} {a$x,b}; y={1,2}; echo $y
#=> 0
#| 1 2 a1 b
#| {1,2}

#### glob opts
touch .h a b; echo *; shopt -s dotglob; echo *; shopt -u dotglob; shopt -s nullglob; echo z* end; shopt -u nullglob; set -f; echo *; set +f; shopt -s failglob; echo z*; echo $?
#=> 1
#| a b
#| .h a b
#| end
#| *
#| bash: line 1: no match: z*

#### globstar
mkdir d d/e; touch d/x d/e/y; shopt -s globstar; echo **; echo **/y; echo d/**
#=> 0
#| d d/e d/e/y d/x
#| d/e/y
#| d/ d/e d/e/y d/x

#### glob escapes
touch 'a b' 'a*b' ; for f in a*; do echo "[$f]"; done; echo a\*b "a*"b
#=> 0
#| [a b]
#| [a*b]
#| a*b a*b

#### time format
TIMEFORMAT='%R'; { time sleep 0.01; } 2>&1 | grep -c '^[0-9]*\.[0-9]*[1-9]'
#=> 0
#| 1

#### select eof
select x in a b; do echo $x; done < /dev/null; echo $?
#=> 0
#| 1) a
#| 2) b
#| #? 
#| 1

#### until/while status
while false; do :; done; echo $?; until true; do :; done; echo $?; for i in; do :; done; echo $?; false; for i in; do :; done; echo $?
#=> 0
#| 0
#| 0
#| 0
#| 0

#### break n status
for i in 1; do break; done; echo $?; for i in 1; do false; break; done; echo $?; while :; do (exit 3); break; done; echo $?
#=> 0
#| 0
#| 0
#| 0

#### if status
if false; then :; fi; echo $?; case x in y) ;; esac; echo $?; case x in x) false;; esac; echo $?
#=> 0
#| 0
#| 0
#| 1

#### function def status
false; f() { :; }; echo $?
#=> 0
#| 0

#### multiline strings
echo 'a
b' "c
d"
echo $LINENO
#=> 0
#| a
#| b c
#| d
#| 4

#### line continuation
echo a \
  b \
  c
ec\
ho d
#=> 0
#| a b c
#| d

#### dollar dollar
[ $$ -gt 1 ] && echo ok; [ $BASHPID = $$ ] && echo same; (: ; [ $BASHPID != $$ ] && echo diff)
#=> 0
#| ok
#| same
#| diff

#### underscore
echo a b c; echo $_; : x y; echo $_
#=> 0
#| a b c
#| c
#| y

#### pipestatus subst
x=$(true | false | (exit 3)); echo $? ${PIPESTATUS[@]}
#=> 0
#| 3 3

#### nested functions
f() { g() { echo g; }; g; }; f; g
#=> 0
#| g
#| g

#### func keyword
function foo { echo foo; }; function bar() { echo bar; }; foo; bar
#=> 0
#| foo
#| bar

#### func in pipeline
f() { while read x; do echo "<$x>"; done; }; printf '1\n2\n' | f | f
#=> 0
#| <<1>>
#| <<2>>

#### local array
f() { local a=(1 2) b; local -A m=([k]=v); echo ${a[@]} ${m[k]} ${b-unset}; }; f; echo ${a-none}
#=> 0
#| 1 2 v unset
#| none

#### local unset
x=1; f() { local x=2; unset x; echo ${x-unset}; }; f; echo $x
#=> 0
#| unset
#| 1

#### dynamic unset
x=g; g() { unset x; echo "${x-unset}"; }; f() { local x=l; g; echo "${x-unset}"; }; f; echo $x
#=> 0
#| g
#| g
#| g

#### declare g
f() { declare -g x=5; local y=1; declare z=2; }; f; echo $x ${y-u} ${z-u}
#=> 0
#| 5 u u

#### export
export X=1; bash -c 'echo $X'; export -n X; bash -c 'echo ${X-no}'; Y=2; export Y; bash -c 'echo $Y'
#=> 0
#| 1
#| no
#| 2

#### export func
f() { echo exported; }; export -f f; bash -c f
#=> 0
#| exported

#### printf v array
printf -v 'a[2]' x; echo "${a[2]}" "${!a[@]}"
#=> 0
#| x 2

#### mapfile
printf 'x\ny\nz' > f; mapfile l < f; echo ${#l[@]}; mapfile -t -n 2 l < f; echo "${l[@]}"; readarray -t -s 1 l < f; echo ${l[0]}
#=> 0
#| 3
#| x y
#| y

#### read opts
read -r x <<< 'a\b'; echo $x; read x <<< 'a\b'; echo $x; read -a arr <<< "1 2 3"; echo ${arr[2]}; read -d: x <<< "a:b"; echo $x; read -n 2 x <<< abc; echo $x; read x y < /dev/null; echo $?
#=> 0
#| a\u{5c}b
#| ab
#| 3
#| a
#| ab
#| 1

#### dirs
pushd /tmp >/dev/null; dirs; popd; dirs
#=> 0
#| /tmp /tmp/work
#| /tmp/work
#| /tmp/work

#### hash
hash -r; cat /dev/null; hash | grep -c cat
#=> 0
#| 1

#### ulimit
ulimit -n >/dev/null && echo ok
#=> 0
#| ok

#### exit trap order
trap 'echo 1; trap "echo 2" EXIT' EXIT; exit
#=> 0
#| 1

#### kill self in subshell
(kill -TERM $BASHPID; echo no); echo $?
#=> 0
#| Terminated
#| 143

#### bg in subshell
(sleep 0.01 & wait; echo done)
#=> 0
#| done

#### bang
! false; echo $?; ! ! true; echo $?; if ! false; then echo y; fi
#=> 0
#| 0
#| 0
#| y

#### long pipeline
echo 1 | cat | cat | cat | cat | cat | cat | cat | cat
#=> 0
#| 1

#### errors in pipeline stage
nosuch | cat; echo ${PIPESTATUS[@]}
#=> 0
#| bash: line 1: nosuch: command not found
#| 127 0

#### permission
echo 'echo hi' > s; ./s; echo $?; chmod +x s 2>/dev/null; ./s
#=> 0
#| bash: line 1: ./s: Permission denied
#| 126
#| hi

#### directory exec
/tmp; echo $?; ./nosuch; echo $?
#=> 0
#| bash: line 1: /tmp: Is a directory
#| 126
#| bash: line 1: ./nosuch: No such file or directory
#| 127

#### shebang
printf '#!/bin/sh\necho "sh $1 $0"\n' > s; chmod +x s; ./s arg
#=> 0
#| sh arg ./s

#### bad interpreter
printf '#!/nosuch\n' > s; chmod +x s; ./s; echo $?
#=> 0
#| bash: line 1: ./s: cannot execute: required file not found
#| 127

#### source path
echo 'echo lib $#' > lib.sh; PATH=.:$PATH; source lib.sh; source lib.sh a b; . nosuch.sh; echo $?
#=> 0
#| lib 0
#| lib 2
#| bash: line 1: nosuch.sh: No such file or directory
#| 1

#### eval multi
eval 'for i in 1 2; do
echo $i
done'; eval "echo a" "b"; eval; echo $?
#=> 0
#| 1
#| 2
#| a b
#| 0

#### nested heredoc in subst
x=$(cat <<E
line $((1+1))
E
); echo "$x"
#=> 0
#| line 2

#### case in subst
echo $(case x in x) echo y;; esac); echo $(case x in (x) echo z;; esac)
#=> 0
#| y
#| z

#### comment in subst
echo $(
# a comment with ) paren
echo hi # another '
)
#=> 0
#| hi

#### param in pattern
x=/a/b/c; y=/a; echo ${x#$y} ${x#"$y"} ${x#${y}/}
#=> 0
#| /b/c /b/c b/c

#### quotes in default
echo "${x:-'a b'}" ${x:-'a b'} "${x:-"a b"}" ${x:-a\ b} "${x:-\"q\"}" ${x:-"a  b"  c}
#=> 0
#| 'a b' a b a b a b "q" a  b c

#### plus default args
set -- ; echo "${1+"$@"}" ${#}; set -- 'a b' c; for i in ${1+"$@"}; do echo "[$i]"; done
#=> 0
#|  0
#| [a b]
#| [c]

#### length
x=abc; echo ${#x} ${#nosuch}; a=(1 22 333); echo ${#a[@]} ${#a[2]} ${#a}; set -- a b; echo ${#@} ${#*}
#=> 0
#| 3 0
#| 3 3 1
#| 2 2

#### dollar single in dq
echo "$'a'" "a$" "$ x" $ "a$b"
#=> 0
#| $'a' a$ $ x $ a

#### special param default
echo ${@:-none} ${*:-none} ${#:-x} ${?:-y} ${1:-z}
#=> 0
#| none none 0 0 z
