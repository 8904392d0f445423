#!/bin/sh
# Goal: invariant I1: the relay holds no code that could decrypt or judge a message. Method: list
# the symbols of the two programs; what must be missing in the relay must be found in the bot, or
# the search itself is broken.
# usage: link_test.sh RELAY BOT
set -eu
relay=$1
bot=$2
symbols=$(mktemp -d)
trap 'rm -rf "$symbols"' EXIT
nm -C "$relay" >"$symbols/relay"
nm -C "$bot" >"$symbols/bot"
failed=0
if ! grep -q 'candour::' "$symbols/relay"; then
  echo "$relay has no symbols of ours at all: is it stripped?"
  failed=1
fi
for namespace in mls policy warrant; do
  if ! grep -q "candour::$namespace::" "$symbols/bot"; then
    echo "positive control: $bot has no symbol of candour::$namespace, so this test proves nothing"
    failed=1
  fi
  if grep -q "candour::$namespace::" "$symbols/relay"; then
    grep "candour::$namespace::" "$symbols/relay" | head -5
    echo "$relay has symbols of candour::$namespace (above): it must not"
    failed=1
  fi
done
exit $failed
