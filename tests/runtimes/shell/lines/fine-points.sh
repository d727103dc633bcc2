#### an assignment before a command speaks of the variable as it was
x=1; x="$x-2" bash -c 'echo $x'; x=${x}3 y=$x eval 'echo $x $y'; f() { echo $x; }; x=$x$x f; echo $x
#=> 0
#| 1-2
#| 13 13
#| 11
#| 1

#### a line continuation inside of an operator
echo and1 &\
& echo and2; case w in a) echo no;\
; w) echo ok;; esac; cat <\
<EOF
text
EOF
#=> 0
#| and1
#| and2
#| ok
#| text

#### a line continuation inside of a parameter
set -- 1 22; ab=name; echo $\
1 ${\
2\
} $a\
b "$\
(echo sub)" $((1+\
1)) '$a\
b'
#=> 0
#| 1 22 name sub 2 $a\u{5c}
#| b

#### a continued line of a document keeps its tabs
cat <<-EOF
	a\
	b
	c
	EOF
#=> 0
#| a\u{9}b
#| c

#### a quote in backquotes in a document keeps its backslash
cat <<EOF
`echo v'\"'`
EOF
#=> 0
#| v\u{5c}"

#### exit in an EXIT trap has the status from before
(trap "echo trapped; exit" EXIT; (exit 3)); echo $?
#=> 0
#| trapped
#| 3

#### return in a trap leaves the function
f() { kill -USR1 $$; echo not reached; }; trap 'echo trap; return 11' USR1; f; echo $?
#=> 0
#| trap
#| 11

#### a trap waits for the last command of a background group
{ trap 'echo got' TERM; sleep 1; } & sleep 0.2; kill $!; wait
#=> 0
#| got

#### kill sees that a child has ended
sleep 0.05 & pid=$!; while kill -0 $pid 2>/dev/null; do :; done; echo ended
#=> 0
#| ended

#### set -n stops at once
echo a; set -n; echo b
#=> 0
#| a

#### a local keeps the export
export z=z; f() { local z=a; bash -c 'echo $z'; }; f
#=> 0
#| a

#### no reference to what is no name
r=1; declare -n r; echo $? $r
#=> 0
#| bash: line 1: declare: `1': invalid variable name for name reference
#| 1 1

#### wrong counts end the whole text
eval 'for i in 1; do continue 1 2; done; echo a'; echo b
#=> 1
#| bash: line 1: continue: too many arguments

#### tracing
set -x; : "'"; ((1+1 )); for (( i = 0 ; i < 1; i++ )); do :; done; export q=5; declare -a w=(1 '2 3')
#=> 0
#| + : \u{5c}'
#| + (( 1+1  ))
#| + (( i = 0  ))
#| + (( i < 1 ))
#| + :
#| + (( i++  ))
#| + (( i < 1 ))
#| + export q=5
#| + q=5
#| + w=('1' '2 3')
#| + declare -a w

#### unset runs commands in a subscript
a=(1 2 3); i=1; unset -v 'a[$i]' 'a[$(echo 2)]'; declare -p a; declare -A m=([k]=1); unset 'm["k"]'; echo ${#m[@]}
#=> 0
#| declare -a a=([0]="1")
#| 0

#### an element cannot be exported
export b[7]=8; echo $?; readonly -a q; declare -p q
#=> 0
#| bash: line 1: export: `b[7]': not a valid identifier
#| 1
#| declare -r q

#### input that goes on after a line with a whole case
bash <<'X'
f() {
  case $1 in a) echo A;; b) echo B;; esac
  echo end
}
f b
X
#=> 0
#| B
#| end

#### posix mode: a special builtin's error ends a script
bash --posix -c 'shift 3; echo not reached'; echo $?
bash --posix -c 'command shift 3; echo goes on'; echo $?
bash --posix -c 'readonly r=1; r=2 :; echo not reached'; echo $?
bash -c 'readonly r=1; r=2 :; echo goes on'; echo $?
bash --posix -c '. /nonexistent; echo not reached'; echo $?
#=> 0
#| bash: line 1: shift: 3: shift count out of range
#| not reached
#| 0
#| bash: line 1: shift: 3: shift count out of range
#| goes on
#| 0
#| bash: line 1: r: readonly variable
#| 127
#| bash: line 1: r: readonly variable
#| goes on
#| 0
#| bash: line 1: /nonexistent: No such file or directory
#| 1

#### posix mode: a tilde in what only looks like an assignment stays
bash --posix -c 'HOME=/h; echo a=~ x; v=~; echo $v'
bash -c 'HOME=/h; echo a=~ x'
#=> 0
#| a=~ x
#| /h
#| a=/h x

#### an element of a readonly array cannot be unset
readonly -a a=(1 2)
unset "a[0]"; echo $?
#=> 0
#| bash: line 2: unset: a: cannot unset: readonly variable
#| 1
