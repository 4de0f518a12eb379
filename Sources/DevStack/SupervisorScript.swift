/// The guard of a stack: a shell that is the parent of every server and outlives whoever started it.
///
/// It reads shell lines from a socket and answers each on the same socket with one line. When the other end of the
/// socket closes, which the kernel does however that process died, it kills everything it started and removes the
/// folder. One process does all of it in order, so that no pid is ever signalled after it was given back:
/// a child stays a zombie, and its pid taken, until this shell waits for it.
///
/// - Signals that a terminal or a shutdown sends are ignored here: the end of the socket is the only order to stop.
///   `env --default-signal` undoes that for the children, also the ignored SIGINT of a shell's background jobs.
/// - `setpriv --pdeathsig`, given by the caller as a part of the command, covers the death of this shell itself.
/// - A backend of Postgres leaves the process group and the session of its postmaster, and a busy one outlives it; it
///   is found by its working directory, the data folder.
/// - A killed postmaster leaves a System V segment of 56 bytes behind; its number is in line 7 of postmaster.pid.
///
/// The script comes in the variable CAIRN_SUPERVISOR, so that `ps` does not list it.
let supervisorScript = #"""
    unset CAIRN_SUPERVISOR
    trap '' HUP INT QUIT TERM PIPE
    PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
    newline='
    '
    folder=$(mktemp -d "${TMPDIR:-/tmp}/cairn-XXXXXXXX") || exit 1
    trap finish EXIT
    chmod 711 "$folder"
    folder=$(cd "$folder" && pwd -P)
    data=$folder/postgres/data
    exec 2>"$folder/supervisor.log"

    # begin LOG DIRECTORY [-i] [NAME=VALUE...] COMMAND...: answers the pid, which is also its session.
    begin() {
        log=$1 directory=$2
        shift 2
        (cd "$directory" && exec setsid env --default-signal "$@") </dev/null >>"$log" 2>&1 &
        echo "$!"
    }

    # reap PID, of a child that has ended: answers its exit status, 128 + n after signal n.
    reap() {
        wait "$1"
        echo "$?"
    }

    # end PID DIRECTORY: kills the child, its family and the Postgres processes at work in DIRECTORY.
    end() {
        while find_living "$1" "$2" && [ -n "$found" ]; do kill -KILL $found; done
        reap "$1"
    }

    # Sets $found to the living among: our child $1 (or, for $$, all of them), its descendants, the members of its
    # session, and the Postgres processes at work in the directory $2.
    find_living() {
        root=$1 directory=$2 family=' ' found=
        [ "$root" != $$ ] || family=" $$ "
        while :; do
            before=$family
            for stat in /proc/[0-9]*/stat; do
                { read -r line <"$stat"; } 2>/dev/null || continue
                process=${line%% *}
                case $family in *" $process "*) continue ;; esac
                set -- ${line##*) } # state, parent, process group, session, ...
                member=
                case $family in *" $2 "* | *" $4 "*) member=yes ;; esac
                case $line in *' (postgres) '*) [ ! "/proc/$process/cwd" -ef "$directory" ] || member=yes ;; esac
                [ "$process $2" != "$root $$" ] || member=yes
                [ -n "$member" ] || continue
                family="$family$process "
                case $1 in Z | X) ;; *) found="$found $process" ;; esac
            done
            [ "$family" != "$before" ] || return 0
        done
    }

    finish() {
        trap - EXIT
        while find_living $$ "$data" && [ -n "$found" ]; do kill -KILL $found; done
        if [ -r "$data/postmaster.pid" ]; then
            number=0
            while read -r first second rest; do
                number=$((number + 1))
                [ "$number" != 7 ] || ipcrm -m "$second"
            done <"$data/postmaster.pid"
        fi
        rm -rf "$folder"
    }

    echo "$folder"
    while IFS= read -r line; do eval "$line"; done
    """#

/// `text` as one word of a shell line. A line break becomes the script's `$newline`, because a command is one line.
func shellWord(_ text: String) -> String {
    let quoted = text.replacing("'", with: #"'\''"#).replacing("\n", with: #"'"$newline"'"#)
    return "'\(quoted)'"
}
