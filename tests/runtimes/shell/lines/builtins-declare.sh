#### declare shows and converts
x=1; declare x; declare -p x; declare -i i=2+3; declare -p i; i=i*2; declare -p i
declare -r r=1; declare r=2; declare +r r; declare -p r
declare -x e; declare -p e; e=5; declare -p e; declare +x e; declare -p e
declare -a a; declare -p a; a=(1 2); declare -A a; echo $?; declare +a a; declare -p a
declare -A m=([k]=v); declare -a m; declare -p m
#=> 0
#| declare -- x="1"
#| declare -i i="5"
#| declare -i i="10"
#| bash: line 2: declare: r: readonly variable
#| bash: line 2: declare: r: readonly variable
#| declare -r r="1"
#| declare -x e
#| declare -x e="5"
#| declare -- e="5"
#| declare -a a
#| bash: line 4: declare: a: cannot convert indexed to associative array
#| 1
#| bash: line 4: declare: a: cannot destroy array variables in this way
#| declare -a a=([0]="1" [1]="2")
#| bash: line 5: declare: m: cannot convert associative to indexed array
#| declare -A m=([k]="v" )

#### declare changes case
declare -u u=abc; declare -p u; declare -l u; declare -p u; u=XyZ; echo $u
declare -c c=hELLO; declare -p c; declare -ul ul=aB; declare -p ul
#=> 0
#| declare -u u="ABC"
#| declare -l u="ABC"
#| xyz
#| declare -c c="Hello"
#| declare -- ul="aB"

#### declare takes values apart
declare -ai ai=(1+1 2); declare -p ai; declare -a 'q=(1 "2 3")'; declare -p q
declare 'w=(1 2)'; declare -p w; v='z=(4 5)'; declare -a "$v"; declare -p z
declare a[5]=x; declare -p a; x=1; declare x+=1; declare -p x; declare -i i=3 i+=3; declare -p i
#=> 0
#| declare -ai ai=([0]="2" [1]="2")
#| declare -a q=([0]="1" [1]="2 3")
#| declare -- w="(1 2)"
#| declare -a z=([0]="4" [1]="5")
#| declare -a a=([5]="x")
#| declare -- x="11"
#| declare -i i="6"

#### name references
x=1; declare -n n=x; declare -p n; n=9; echo $x; declare +n n; declare -p n
declare -n zz=zz; declare -n 'bad=1x'; declare -n an='a[0]'; an=7; declare -p an a
declare -n nn=xx; xx=1; unset nn; declare -p nn xx; unset -n nn; declare -p nn
#=> 1
#| declare -n n="x"
#| 9
#| declare -- n="x"
#| bash: line 2: declare: zz: nameref variable self references not allowed
#| bash: line 2: declare: `1x': invalid variable name for name reference
#| declare -n an="a[0]"
#| declare -a a=([0]="7")
#| declare -n nn="xx"
#| bash: line 3: declare: xx: not found
#| bash: line 3: declare: nn: not found

#### locals
f() { local l=1; declare d=2; declare -g g=3; local x; echo "x=${x-unset}"; x=5; declare -p x; local -r lr=1; export ex=1; declare -p l lr; }
x=0; f; echo "$l $d $g $x $ex"; local x; echo $?
h() { local x=1; unset x; echo ${x-u}; x=3; }; x=g; h; echo $x
k() { unset x; echo ${x-u}; }; j() { local x=1; k; echo ${x-u}; }; j; echo $x
t() { local x; echo "[$x]"; }; x=5 t
q() { local -; set -f; echo $-; }; q; echo $-
i() { local -I x; echo $x; x=2; }; x=7; i; echo $x
w() { local nope-x 1a; }; w; echo $?
#=> 0
#| x=unset
#| declare -- x="5"
#| declare -- l="1"
#| declare -r lr="1"
#|   3 0 1
#| bash: line 2: local: can only be used in a function
#| 1
#| u
#| g
#| g
#| g
#| g
#| [5]
#| fhBc
#| hBc
#| 7
#| 7
#| environment: line 8: local: `nope-x': not a valid identifier
#| environment: line 8: local: `1a': not a valid identifier
#| 1

#### read-only
readonly ra=(1 2); declare -p ra; readonly g=1; f() { local g; echo "st $?"; local g=3; echo $g; }; f
o() { local -r z=1; p; }; p() { local z=2; echo z$z; }; o
export g=4; echo $?; declare g=5; echo $?; unset g; echo $?; readonly 1=2; readonly -q; ra[0]=5; echo after
#=> 1
#| declare -ar ra=([0]="1" [1]="2")
#| environment: line 1: local: g: readonly variable
#| st 1
#| environment: line 1: local: g: readonly variable
#| 1
#| z2
#| bash: line 3: g: readonly variable
#| 1
#| bash: line 3: declare: g: readonly variable
#| 1
#| bash: line 3: unset: g: cannot unset: readonly variable
#| 1
#| bash: line 3: readonly: `1=2': not a valid identifier
#| bash: line 3: readonly: -q: invalid option
#| readonly: usage: readonly [-aAf] [name[=value] ...] or readonly -p
#| bash: line 3: ra: readonly variable

#### export
export nope; declare -p nope; export -n nope; declare -p nope; export a=1 b=2; declare -p a b; export 1=2; export a-b; echo $?
f() { :; }; export -f f; declare -F; declare -F f; export -f gone; export -nf f; declare -F f; declare -f f
#=> 0
#| declare -x nope
#| declare -- nope
#| declare -x a="1"
#| declare -x b="2"
#| bash: line 1: export: `1=2': not a valid identifier
#| bash: line 1: export: `a-b': not a valid identifier
#| 1
#| declare -fx f
#| f
#| bash: line 2: export: gone: not a function
#| f
#| f () 
#| { 
#|     :
#| }

#### unset
x=1; unset -v x; echo ${x-unset}; x=1; x() { :; }; unset x; type -t x; unset x; type -t x
a=(1 2 3); unset 'a[1]'; declare -p a; unset 'a[-1]'; declare -p a; unset 'a[-5]'; unset 'a[@]'; declare -p a
declare -A m=([a]=1 [b]=2); unset 'm[a]'; declare -p m; s=1; unset 's[1]'; unset 's[0]'; echo ${s-unset}
unset nope; echo $?; unset -fv x; unset -q
#=> 2
#| unset
#| function
#| declare -a a=([0]="1" [2]="3")
#| declare -a a=([0]="1")
#| bash: line 2: unset: [-5]: bad array subscript
#| declare -a a=()
#| declare -A m=([b]="2" )
#| bash: line 3: unset: s: not an array variable
#| unset
#| 0
#| bash: line 4: unset: cannot simultaneously unset a function and a variable
#| bash: line 4: unset: -q: invalid option
#| unset: usage: unset [-f] [-v] [-n] [name ...]

#### functions print in bash's layout
f() { if a; then b; elif c; then d; else e; fi; for i in 1 "2 3"; do x; done; while a; do b; done; case $x in a|b) c;; *) d;& esac; (s; t) > x; { a; b; } 2>&1; a && b || c | d |& e; ! x; a & b; cat <<E
body $x
E
[[ -f x && ( a == b ) ]]; ((x++)); for ((i=0;i<3;i++)); do :; done; function g { x; }; time a; a <in 2>>err 3<&1 4>&- {v}>f &>g <<<str; until a; do b & done; }; declare -f f; type f
#=> 0
#| f () 
#| { 
#|     if a; then
#|         b;
#|     else
#|         if c; then
#|             d;
#|         else
#|             e;
#|         fi;
#|     fi;
#|     for i in 1 "2 3";
#|     do
#|         x;
#|     done;
#|     while a; do
#|         b;
#|     done;
#|     case $x in 
#|         a | b)
#|             c
#|         ;;
#|         *)
#|             d
#|         ;&
#|     esac;
#|     ( s;
#|     t ) > x;
#|     { 
#|         a;
#|         b
#|     } 2>&1;
#|     a && b || c | d 2>&1 | e;
#|     ! x;
#|     a & b;
#|     cat <<E
#| body $x
#| E
#| 
#|     [[ -f x && ( a == b ) ]];
#|     ((x++));
#|     for ((i=0; i<3; i++))
#|     do
#|         :;
#|     done;
#|     function g () 
#|     { 
#|         x
#|     };
#|     time a;
#|     a < in 2>> err 3<&1 4>&- {v}> f &> g <<< str;
#|     until a; do
#|         b &
#|     done
#| }
#| f is a function
#| f () 
#| { 
#|     if a; then
#|         b;
#|     else
#|         if c; then
#|             d;
#|         else
#|             e;
#|         fi;
#|     fi;
#|     for i in 1 "2 3";
#|     do
#|         x;
#|     done;
#|     while a; do
#|         b;
#|     done;
#|     case $x in 
#|         a | b)
#|             c
#|         ;;
#|         *)
#|             d
#|         ;&
#|     esac;
#|     ( s;
#|     t ) > x;
#|     { 
#|         a;
#|         b
#|     } 2>&1;
#|     a && b || c | d 2>&1 | e;
#|     ! x;
#|     a & b;
#|     cat <<E
#| body $x
#| E
#| 
#|     [[ -f x && ( a == b ) ]];
#|     ((x++));
#|     for ((i=0; i<3; i++))
#|     do
#|         :;
#|     done;
#|     function g () 
#|     { 
#|         x
#|     };
#|     time a;
#|     a < in 2>> err 3<&1 4>&- {v}> f &> g <<< str;
#|     until a; do
#|         b &
#|     done
#| }
