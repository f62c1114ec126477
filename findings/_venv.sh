# Sourced by each finding. It makes a temporary folder with a virtual environment of its own, gone at the end, and gives:
#   install NAME==VERSION …   plain pip; prints what was installed
#   show                      runs the Python program on its standard input, without any setting of yours
#   compare                   fails unless all that `show` printed is what the finding's comment says was seen

finding=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"${PYTHON:-python3}" -m venv venv
python=$work/venv/bin/python

install() {
  "$python" -I -m pip install -qq --disable-pip-version-check --no-input --no-compile "$@"
  printf '%s\n' "${@%%==*}" | "$python" -I -c '
import sys, importlib.metadata as metadata
for name in sys.stdin.read().split():
    print(name, metadata.version(name))'
}

# One thread, and a folder of its own as home: a user's matplotlibrc or Jupyter's settings must not decide.
show() {
  env -i PATH="$work/venv/bin:$PATH" HOME="$work" TMPDIR="$work" LANG=C.UTF-8 OMP_NUM_THREADS=1 \
    MPLBACKEND=Agg JAX_PLATFORMS=cpu PYDEVD_DISABLE_FILE_VALIDATION=1 "$python" -I - | tee -a seen
}

compare() {
  sed -n '/^# Output seen/,/^#$/p' "$finding" | sed -n 's/^#   //p' > expected
  [ -s expected ] || { echo "$(basename "$finding"): its comment holds no output to compare with" >&2; return 1; }
  if diff -u --label "seen when written" --label "seen now" expected seen; then
    echo "As written."
  else
    echo "$(basename "$finding"): the behaviour has changed" >&2
    return 1
  fi
}
