#### the number of jobs in a prompt, in each kind of subshell
p='\j'; sleep 50 &
echo "main ${p@P}"; echo "stage ${p@P}" | cat; (echo "subshell ${p@P}"); { echo "group ${p@P}"; } | cat
x=$(echo "substitution ${p@P}"); echo "$x"; cat <(echo "process ${p@P}")
f() { echo "function ${p@P}"; }; f | cat; x=$(f); echo "$x"
eval 'echo "eval ${p@P}"' | cat; if true; then echo "if ${p@P}"; fi | cat; echo "background ${p@P}" | cat & wait $!
kill %1
#=> 0
#| main 1
#| stage 1
#| subshell 0
#| group 0
#| substitution 1
#| process 1
#| function 0
#| function 1
#| eval 0
#| if 0
#| background 1

#### what jobs shows, in each kind of subshell
sleep 50 &
echo stage; jobs | cat; echo named; jobs %1 | cat; echo command; command jobs | cat; echo last; true | jobs
echo subshell; (jobs); echo group; { jobs; } | cat; echo builtin; builtin jobs | cat; echo eval; eval jobs | cat
f() { jobs; }; echo function; f | cat; (f); echo substitution; echo "$(jobs)" "$(f)" "$(jobs | cat)" "$( (jobs))"
echo process; cat <(jobs); echo list; x=$(if true; then jobs; fi); echo "$x"
jobs > /tmp/jobs.$$ & wait $!; echo background; cat /tmp/jobs.$$; rm /tmp/jobs.$$
kill %1
#=> 0
#| stage
#| [1]+  Running                 sleep 50 &
#| named
#| [1]+  Running                 sleep 50 &
#| command
#| [1]+  Running                 sleep 50 &
#| last
#| [1]+  Running                 sleep 50 &
#| subshell
#| group
#| builtin
#| eval
#| function
#| substitution
#| [1]+  Running                 sleep 50 & [1]+  Running                 sleep 50 & [1]+  Running                 sleep 50 & 
#| process
#| [1]+  Running                 sleep 50 &
#| list
#| [1]+  Running                 sleep 50 &
#| background

#### a subshell counts its own jobs from those that it still sees
p='\j'; sleep 50 &
x=$(sleep 20 &> /dev/null & jobs; echo "${p@P}"); echo "$x"
(sleep 20 &> /dev/null & jobs; echo "${p@P}")
f() { sleep 20 &> /dev/null & jobs; echo "${p@P}"; }; f | cat
kill %1
#=> 0
#| [1]-  Running                 sleep 50 &
#| [2]+  Running                 sleep 20 &> /dev/null &
#| 2
#| [1]+  Running                 sleep 20 &> /dev/null &
#| 1
#| [1]+  Running                 sleep 20 &> /dev/null &
#| 1

#### a job of the shell before can be sent signals where it is seen
sleep 50 & x=$(kill -0 %1 2>&1; echo $?); echo "$x"; (kill -0 %1); kill -0 %1 2>&1 | cat; wait %1 2>&1 | cat
disown %1 2>&1 | cat; x=$(disown %1; echo $?; jobs); echo "$x"; jobs
x=$(jobs -x test %1 -gt 1; echo $?; compgen -j); echo "$x"; compgen -j | cat
x=$(kill %1; echo $?); echo "$x"; wait 2> /dev/null; echo end
#=> 0
#| 0
#| bash: line 1: kill: %1: no such job
#| bash: line 1: kill: %1: no such job
#| bash: line 1: wait: %1: no such job
#| bash: line 2: disown: %1: no such job
#| 0
#| [1]+  Running                 sleep 50 &
#| 0
#| sleep
#| 0
#| end

#### a job of the shell before is not waited for
sleep 50 & x=$(wait; echo $?); echo "$x"
x=$(wait -n; echo $?); echo "$x"
x=$( (exit 3) & wait %2; echo $?; wait); echo "$x"
kill %1
#=> 0
#| 0
#| 0
#| 3

#### a job of the shell before is not continued
set -m; sleep 50 & x=$(fg 2>&1; echo $?); echo "$x"; x=$(bg %1 2>&1; echo $?); echo "$x"; x=$(fg %9 2>&1); echo "$x"
kill %1; fg; echo $?
#=> 0
#| bash: line 1: fg: no current jobs
#| 1
#| bash: line 1: bg: no current jobs
#| 1
#| bash: line 1: fg: %9: no such job
#| sleep 50
#| Terminated
#| 143

#### a prompt counts no job that is over
p='\j'; sleep 0.05 & sleep 0.3; echo "${p@P}"
#=> 0
#| 0

#### a program at the end of a stage gives the shell's jobs no second process
sleep 50 & bash -c 'echo $PPID' | { read parent; [ "$parent" = $$ ] && echo same; }; kill %1
#=> 0
#| same
