# Runs one server for as long as its owner lives, then removes what it leaves.
# Arguments: the owner's process id, the directory to remove, the server's command line.
owner=$1
directory=$2
shift 2

# A process that has ended but was not yet waited for still answers to its id.
alive() {
    kill -0 "$1" 2>/dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

"$@" &
server=$!
trap 'owner_left=yes' INT TERM HUP
owner_left=no

while [ "$owner_left" = no ] && alive "$owner" && alive "$server"; do
    sleep 0.1
done

if alive "$owner" && [ "$owner_left" = no ]; then
    # The server ended by itself; the owner reads its log and may try again.
    exit 1
fi

# The data is thrown away: no need for an orderly shutdown.
kill -QUIT "$server" 2>/dev/null
waited=0
while alive "$server" && [ "$waited" -lt 100 ]; do
    sleep 0.1
    waited=$((waited + 1))
done
kill -KILL "$server" 2>/dev/null
wait "$server" 2>/dev/null
rm -rf "$directory"
