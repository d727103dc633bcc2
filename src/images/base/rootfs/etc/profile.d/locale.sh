export LANG="${LANG:-C.UTF-8}"
export PAGER="${PAGER:-less}"
