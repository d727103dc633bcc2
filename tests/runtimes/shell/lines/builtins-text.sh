#### read splits
p() { printf '<%s>' "$@"; echo; }
read a b c <<< '  x  y  z w  '; p "$a" "$b" "$c"; read a <<< '  x y  '; p "$a"; read <<< '  x y  '; p "$REPLY"
IFS=: read a b c <<< 'x:y::z:'; p "$a" "$b" "$c"; IFS=: read a b <<< 'x:y:'; p "$a" "$b"; IFS=: read a b <<< 'x:y::'; p "$a" "$b"; IFS=: read a <<< ':x'; p "$a"
IFS=': ' read a b <<< ' x : y : z '; p "$a" "$b"; IFS=': ' read a b c d <<< 'x :  : y'; p "$a" "$b" "$c" "$d"; IFS= read a b <<< '  x y '; p "$a" "$b"
read a b <<< 'x\ y z'; p "$a" "$b"; read -r a b <<< 'x\ y z'; p "$a" "$b"; printf 'a\\\nb c\n' | { read x y; p "$x" "$y"; }; printf 'a\\\nb c\n' | { read -r x y; p "$x" "$y"; }
#=> 0
#| <x><y><z w>
#| <x y>
#| <  x y  >
#| <x><y><:z:>
#| <x><y>
#| <x><y::>
#| <:x>
#| <x><y : z>
#| <x><><y><>
#| <  x y ><>
#| <x y><z>
#| <x\u{5c}><y z>
#| <ab><c>
#| <a\u{5c}><>

#### read ends
p() { printf '<%s>' "$@"; echo; }
printf 'no newline' | { read x; p "$?" "$x"; }; printf '' | { read x; p "$?" "$x"; }; printf 'a\0b\n' | { read x; p "$x"; }; printf 'a:b' | { read -d : x; p "$?" "$x"; read x; p "$?" "$x"; }; printf 'a\0b' | { read -d '' x; p "$?" "$x"; }
read -n 3 x <<< abcdef; p "$x"; read -N 3 x y <<< 'a b c'; p "$x" "$y"; read -n 3 x y <<< 'a b c'; p "$x" "$y"; read -n 10 x <<< abc; p $? "$x"; read -N 10 x <<< abc; p $? "$x"; read -n 2 x <<< 'éàü'; p "$x"; read -n 0 x <<< abc; p $? "$x"; read -n 2 x <<< $'a\nb'; p $? "$x"
read -t 0 x <<< a; echo $?; read -t 5 x <<< a; p $? $x; read -t 0.05 x < <(sleep 1); p $? "$x"; TMOUT=1 read x <<< y; p $x
#=> 0
#| <1><no newline>
#| <1><>
#| <ab>
#| <0><a>
#| <1><b>
#| <0><a>
#| <abc>
#| <a b><>
#| <a><b>
#| <0><abc>
#| <1><abc
#| >
#| <éà>
#| <0><>
#| <0><a>
#| 0
#| <0><a>
#| <142><>
#| <y>

#### read into arrays and elements
read -a arr <<< 'x y  z'; declare -p arr; IFS=: read -a arr <<< 'x::y:'; declare -p arr; arr=(1 2 3); read -a arr <<< ''; declare -p arr; read 'e[2]' <<< val; declare -p e; declare -i n; read n <<< '2+3'; echo $n
#=> 0
#| declare -a arr=([0]="x" [1]="y" [2]="z")
#| declare -a arr=([0]="x" [1]="" [2]="y")
#| declare -a arr=()
#| declare -a e=([2]="val")
#| 5

#### read refuses
read 1x <<< a; echo $?; read a 1x <<< 'a b'; echo $? $a; readonly ro=1; read a ro b <<< '1 2 3'; echo $? $a $b; read -u 99 x; echo $?; read -u x y; read x <&-; echo $?; read x < /; echo $?; read -t x y; read -t -1 y; read -n x y; read -q
#=> 2
#| bash: line 1: read: `1x': not a valid identifier
#| 1
#| bash: line 1: read: `1x': not a valid identifier
#| 1 a
#| bash: line 1: ro: readonly variable
#| 1 1
#| bash: line 1: read: 99: invalid file descriptor: Bad file descriptor
#| 1
#| bash: line 1: read: x: invalid file descriptor specification
#| bash: line 1: read: read error: 0: Bad file descriptor
#| 1
#| bash: line 1: read: read error: 0: Is a directory
#| 1
#| bash: line 1: read: x: invalid timeout specification
#| bash: line 1: read: -1: invalid timeout specification
#| bash: line 1: read: x: invalid number
#| bash: line 1: read: -q: invalid option
#| read: usage: read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]

#### read leaves the rest
printf 'l1\nl2\nl3\n' > f; { read a; read b; echo "$a $b"; cat; } < f; while read -r l; do echo "<$l>"; done < f; printf 'x\ny\n' | { read a; cat; }; exec 3< f; read -u 3 a; read b <&3; echo $a $b; { mapfile -n 1 m; cat; } < f
#=> 0
#| l1 l2
#| l3
#| <l1>
#| <l2>
#| <l3>
#| y
#| l1 l2
#| l2
#| l3

#### mapfile
printf 'l1\nl2\nl3\n' > f; mapfile < f; declare -p MAPFILE; mapfile -t -n 2 m < f; declare -p m; mapfile -t -s 1 m < f; declare -p m; mapfile -t -O 2 m < f; declare -p m; mapfile -t -d : m <<< 'a:b:c'; declare -p m; mapfile -d '' m < <(printf 'a\0b\0c'); declare -p m
cb() { echo "cb $*"; }; mapfile -t -C cb -c 1 m < f; mapfile m < /dev/null; declare -p m; readarray -t q <<< 'x'; declare -p q; printf 'a\0b\nc' | { mapfile m; declare -p m; }
mapfile -n x m; echo $?; mapfile -O x; mapfile -s -1; mapfile -c 0; mapfile 1x; mapfile -u 99; readonly ro; mapfile ro; echo $?; declare -A as; mapfile as < f; echo $?
#=> 0
#| declare -a MAPFILE=([0]=$'l1\u{5c}n' [1]=$'l2\u{5c}n' [2]=$'l3\u{5c}n')
#| declare -a m=([0]="l1" [1]="l2")
#| declare -a m=([0]="l2" [1]="l3")
#| declare -a m=([0]="l2" [1]="l3" [2]="l1" [3]="l2" [4]="l3")
#| declare -a m=([0]="a" [1]="b" [2]=$'c\u{5c}n')
#| declare -a m=([0]="a" [1]="b" [2]="c")
#| cb 0 l1
#| cb 1 l2
#| cb 2 l3
#| declare -a m=()
#| declare -a q=([0]="x")
#| declare -a m=([0]="a" [1]="c")
#| bash: line 3: mapfile: x: invalid line count
#| 1
#| bash: line 3: mapfile: x: invalid array origin
#| bash: line 3: mapfile: -1: invalid line count
#| bash: line 3: mapfile: 0: invalid callback quantum
#| bash: line 3: mapfile: `1x': not a valid identifier
#| bash: line 3: mapfile: 99: invalid file descriptor: Bad file descriptor
#| bash: line 3: ro: readonly variable
#| 1
#| bash: line 3: mapfile: as: not an indexed array
#| 1

#### printf
printf '%s %d\n' a 1 b 2; printf -v x '%05.1f' 3.14159; echo $x; printf -v 'a[2]' %s e; declare -p a; printf -v 1x a; echo $?; printf; echo $?; printf -x; printf '%d\n' abc; echo $?; printf 'a%yb\n'; echo $?; printf '%b|%q|%5s|%-5s|\n' 'x\ty' 'a b' é ab; printf '%n' len; printf '\%d\n' 5; printf -- '-%s\n' a
#=> 0
#| a 1
#| b 2
#| 003.1
#| declare -a a=([2]="e")
#| bash: line 1: printf: `1x': not a valid identifier
#| 2
#| printf: usage: printf [-v var] format [arguments]
#| 2
#| bash: line 1: printf: -x: invalid option
#| printf: usage: printf [-v var] format [arguments]
#| bash: line 1: printf: abc: invalid number
#| 0
#| 1
#| bash: line 1: printf: `y': invalid format character
#| a1
#| x\u{9}y|a\u{5c} b|   é|ab   |
#| \u{5c}5
#| -a

#### echo
echo -e 'a\tb\x41\0101\u00e9'; echo -E 'a\tb'; echo -n x; echo; echo -ne 'y\c z'; echo; echo -nez a; echo - -- ; echo -e 'a\q'; shopt -s xpg_echo; echo 'a\tb'; echo -E 'a\tb'
#=> 0
#| a\u{9}bAAé
#| a\u{5c}tb
#| x
#| y
#| -nez a
#| - --
#| a\u{5c}q
#| a\u{9}b
#| a\u{5c}tb

#### test
[ a = a ] && echo 1; [ 1 -lt 2 -a -n x ] && echo 2; [ ! -e nope ] && echo 3; test -v x; echo $?; x=1; test -v x && echo 4; [ a; echo $?; [ a b ]; echo $?; test a b c; test 1 -eq x; echo $?; touch f; mkdir d; [ -f f -a -d d -a ! -s f ] && echo 5; [ f -ef f ] && echo 6; [ -o errexit ] || echo 7; [ -t 0 ] || echo 8; [ a '<' b ] && echo 9
#=> 0
#| 1
#| 2
#| 3
#| 1
#| 4
#| bash: line 1: [: missing `]'
#| 2
#| bash: line 1: [: a: unary operator expected
#| 2
#| bash: line 1: test: b: binary operator expected
#| bash: line 1: test: x: integer expression expected
#| 2
#| 5
#| 6
#| 7
#| 8
#| 9

#### completion
complete -W 'a b' -F f -X '!x' -P p -o nospace -A user -ab foo; complete -p foo; complete -D -F d; complete -p -D; complete -p nope; echo $?; complete -o nope x; complete -A nope x; complete -F; complete -W x; echo $?; complete -r foo; complete -p foo
compgen -W 'apple banana "cherry pie" {x,y}z' ; compgen -W 'apple banana avocado' a; echo $?; compgen -W 'x' y; echo $?; compgen -b ec; compgen -k wh; compgen -A setopt no; compgen -W 'a b' -P p -S s; f1() { :; }; f2() { :; }; compgen -A function f; compgen -W 'a b c' -X '[ab]'; compgen -W 'a b c' -X '![ab]'; touch a.c; compgen -G '*.c'; compopt -o nospace; compopt -o nope
#=> 2
#| complete -o nospace -a -b -u -W 'a b' -P 'p' -X '!x' -F f foo
#| complete -F d -D
#| bash: line 1: complete: nope: no completion specification
#| 1
#| bash: line 1: complete: nope: invalid option name
#| bash: line 1: complete: nope: invalid action name
#| bash: line 1: complete: -F: option requires an argument
#| complete: usage: complete [-abcdefgjksuv] [-pr] [-DEI] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix] [name ...]
#| complete: usage: complete [-abcdefgjksuv] [-pr] [-DEI] [-o option] [-A action] [-G globpat] [-W wordlist] [-F function] [-C command] [-X filterpat] [-P prefix] [-S suffix] [name ...]
#| 2
#| bash: line 1: complete: foo: no completion specification
#| apple
#| banana
#| cherry pie
#| xz
#| yz
#| apple
#| avocado
#| 0
#| 1
#| echo
#| while
#| noclobber
#| noexec
#| noglob
#| nolog
#| notify
#| nounset
#| pas
#| pbs
#| f1
#| f2
#| c
#| a
#| b
#| a.c
#| bash: line 2: compopt: not currently executing completion function
#| bash: line 2: compopt: nope: invalid option name

#### history
set -o history; history -s one; history -s 'two three' x; history; history 1; history -d 1; history; history -p '!!'; history -c; history; history -d 9; history abc; history -q; fc -l; fc -q; printf 'a\nb\nc\n' > h; history -r h; history; history -w g; cat g; fc -l 1 2; fc -ln -1; HISTSIZE=2; history
#=> 0
#|     1  one
#|     2  two three x
#|     2  two three x
#|     1  two three x
#| two three x
#| bash: line 1: history: 9: history position out of range
#| bash: line 1: history: abc: numeric argument required
#| bash: line 1: history: -q: invalid option
#| history: usage: history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]
#| bash: line 1: fc: -q: invalid option
#| fc: usage: fc [-e ename] [-lnr] [first] [last] or fc -s [pat=rep] [command]
#|     1  a
#|     2  b
#|     3  c
#| a
#| b
#| c
#| 1\u{9} a
#| 2\u{9} b
#| \u{9} b
#|     1  b
#|     2  c
