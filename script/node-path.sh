# To be sourced, with `root` set to the repository: Node 20 or later on the PATH, the machine's or the
# one script/node-packages fetched. `has_node` says whether there is one.
export PATH="$root/var/node/bin:$PATH"
has_node() { [ "$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge 20 ]; }
