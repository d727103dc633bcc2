#!/bin/bash -p
# Prints its arguments as Python 2 writes a list of byte strings.
list=
for word; do
  quote="'"
  [[ $word == *"'"* && $word != *'"'* ]] && quote='"'
  text=
  if [[ $word == *[^\ -~]* ]]; then
    for byte in $(printf %s "$word" | od -An -v -tx1); do
      case $byte in
        5c) text+='\\' ;;
        0a) text+='\n' ;;
        09) text+='\t' ;;
        0d) text+='\r' ;;
        [2-6]? | 7[0-9a-e])
          printf -v character "\\x$byte"
          [[ $character == "$quote" ]] && text+="\\"
          text+=$character
          ;;
        *) text+="\\x$byte" ;;
      esac
    done
  else
    text=${word//\\/\\\\}
    [[ $quote == "'" ]] && text=${text//"'"/"\\'"}
  fi
  list+="${list:+, }$quote$text$quote"
done
printf '[%s]\n' "$list"
