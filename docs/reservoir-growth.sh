#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Draws how the cost of an offer grows with the number of kept samples, as the
# benchmark of a release build measures it, into docs/reservoir-growth.svg, and
# prints the fitted exponents. Needs gnuplot (Debian: gnuplot-nox).
#
#   sh docs/reservoir-growth.sh BUILD [ROUNDS]
set -eu

build=${1:?usage: sh docs/reservoir-growth.sh BUILD [ROUNDS]}
rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for round in $(seq "$rounds"); do
  "$build/tests/reservoir/bench-offer"
done > "$folder/lines"

# K and µs an offer, of each K the fastest: what else a machine does only adds
costs ()
{
  sed -n 's/.*"'"$1"'-k\([0-9]*\)","value":\([0-9.e+]*\).*/\1 \2/p' \
    "$folder/lines" |
    awk '{ us = 1e6 / $2; if (!($1 in best) || us < best[$1]) best[$1] = us }
         END { for (k in best) print k, best[k] }' |
    sort -n > "$folder/$1"
}

costs offer-rejected
costs admit
gnuplot <<END
set terminal svg size 640,400 font "sans,12" background "white"
set output "$here/reservoir-growth.svg"
set fit quiet logfile "$folder/log"
refused(x) = a + b * x
admitted(x) = c + d * x
fit refused(x) "$folder/offer-rejected" using (log(\$1)):(log(\$2)) via a, b
fit [log(9999):] admitted(x) "$folder/admit" using (log(\$1)):(log(\$2)) via c, d
set logscale xy
set format xy "10^{%T}"
set xlabel "kept samples, K"
set ylabel "µs of one core an offer"
set yrange [0.05:5000]
set key top left Left reverse
set grid
plot "$folder/admit" with points pt 7 lc "#c44e52" notitle, \
     (x < 1e4 ? NaN : exp(admitted(log(x)))) with lines lc "#c44e52" title \
       sprintf("admitted: K^{%.2f} from 10^4 on, expected K^1", d), \
     "$folder/offer-rejected" with points pt 7 lc "#4c72b0" notitle, \
     exp(refused(log(x))) with lines lc "#4c72b0" title \
       sprintf("refused by its key: K^{%.3f}, expected K^0", b)
set print "-"
print sprintf("refused K^%.3f, admitted K^%.2f from K = 10,000 on", b, d)
END
cat "$folder/offer-rejected" "$folder/admit"
