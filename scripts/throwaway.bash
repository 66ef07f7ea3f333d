# shellcheck shell=bash
#
# What the scripts share that start a server for the time of one command.
# Sourced, never run.

# Ends the script with a message that names it.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# Fails unless this user may become root without being asked for anything.
may_be_root() {
    [[ $EUID -eq 0 ]] || { have sudo && sudo -n true 2>/dev/null; }
}

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

# install_package MANAGER=PACKAGE…
#
# Installs the distribution's package with the first of the managers that is here. Fails
# when none is, or when this user may not. The manager's own words go to standard error.
install_package() {
    local choice manager package
    may_be_root || return 1
    for choice in "$@"; do
        manager=${choice%%=*} package=${choice#*=}
        have "$manager" || continue
        printf '%s: installing %s\n' "${0##*/}" "$package" >&2
        case $manager in
            apt-get)
                # Another checkout may be installing at this moment: wait for its lock.
                as_root apt-get -o DPkg::Lock::Timeout=120 update -q >&2 &&
                    as_root env DEBIAN_FRONTEND=noninteractive apt-get \
                        -o DPkg::Lock::Timeout=120 install -yq --no-install-recommends \
                        "$package" >&2
                ;;
            dnf) as_root dnf install -y "$package" >&2 ;;
            apk) as_root apk add "$package" >&2 ;;
            pacman) as_root pacman -S --noconfirm --needed "$package" >&2 ;;
            *) return 1 ;;
        esac
        return
    done
    return 1
}

# has_node VERSION
has_node() {
    have node && node -e "process.exit(parseInt(process.versions.node) < $1 ? 1 : 0)"
}

# require_node VERSION [TOOL…]
#
# Debian has npm in a package of its own, which brings Node.js along.
require_node() {
    local version=$1 tool missing=
    shift
    has_node "$version" || missing=node
    for tool in "$@"; do
        have "$tool" || missing=$tool
    done
    [[ -n $missing ]] || return 0
    { install_package apt-get=npm dnf=npm apk=npm pacman=npm && has_node "$version"; } || die \
        "Node.js $version with npm is not installed and cannot be installed from here.
Install it (Debian: apt-get install npm; macOS: brew install node)."
}

# require_node_modules PROGRAM
#
# Sets `modules` to the folder of packages that the lock file in the folder PROGRAM names. They are
# installed once. While they are, `unfinished` names a folder, for the script to remove when it is
# ended.
require_node_modules() {
    local program=$1 cache=${XDG_CACHE_HOME:-$HOME/.cache}/hasura-auth locked
    # Another lock file gets another folder.
    locked=$(cksum <"$program/package-lock.json")
    modules=$cache/${program##*/}-${locked%% *}/node_modules
    [[ ! -d $modules ]] || return 0
    require_node 18 npm
    mkdir -p "$cache"
    # Moved into its place when it is complete: another checkout may be doing the same.
    unfinished=$(mktemp -d "$cache/unfinished.XXXXXX")
    cp "$program/package.json" "$program/package-lock.json" "$unfinished"
    (cd "$unfinished" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2 ||
        die "the packages of ${program##*/} could not be installed from the npm registry"
    if [[ -d ${modules%/*} ]]; then
        rm -rf "$unfinished"
    else
        mv "$unfinished" "${modules%/*}"
    fi
    unfinished=
}

# Prints the user a server runs as. Servers refuse to run as root.
server_user() {
    if [[ $EUID -ne 0 ]]; then
        id -un
    elif id postgres >/dev/null 2>&1; then
        echo postgres
    else
        echo nobody
    fi
}

# as_server COMMAND…
#
# Runs a command as the user that servers run as, in a folder which that user may enter.
as_server() {
    local user
    user=$(server_user)
    if [[ $EUID -ne 0 ]]; then
        (cd / && "$@")
    elif have runuser; then
        (cd / && runuser -u "$user" -- "$@")
    elif have setpriv; then
        (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups "$@")
    else
        (cd / && su -s "$BASH" "$user" -c "$(printf '%q ' "$@")")
    fi
}

# Prints the path of a new folder that belongs to the servers' user and that others may
# not enter.
make_server_folder() {
    local folder
    folder=$(mktemp -d)
    if [[ $EUID -eq 0 ]]; then
        chown "$(server_user)" "$folder"
    fi
    printf '%s\n' "$folder"
}

# Prints its argument as it must stand in a URL's query.
url_encode() {
    local LC_ALL=C text=$1 index character
    for ((index = 0; index < ${#text}; index++)); do
        character=${text:index:1}
        case $character in
            [A-Za-z0-9._~-]) printf '%s' "$character" ;;
            *) printf '%%%02X' "'$character" ;;
        esac
    done
}

# export_environment FILE
#
# Exports the variables of a file with a NAME=VALUE on each line.
export_environment() {
    local line
    while IFS= read -r line; do
        export "${line?}"
    done <"$1"
}

# cleanup_with FUNCTION
#
# Has FUNCTION run exactly once however the script ends, not cut short by a second signal.
cleanup_with() {
    # shellcheck disable=SC2064  # the name is meant to be expanded now
    trap "trap '' HUP INT TERM; $1" EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# run_command COMMAND…
#
# Runs the command with this script's standard input, hands signals on to it, waits until
# it has ended and returns its exit code.
run_command() {
    local child status=0
    # The shell makes a background command ignore SIGINT; this one should react to it.
    (
        trap - HUP INT QUIT TERM
        exec "$@"
    ) <&0 &
    child=$!
    trap 'kill -HUP "$child" 2>/dev/null || true' HUP
    trap 'kill -INT "$child" 2>/dev/null || true' INT
    trap 'kill -TERM "$child" 2>/dev/null || true' TERM
    # A signal ends `wait` early, while the command may still be busy ending.
    while kill -0 "$child" 2>/dev/null; do
        wait "$child" || true
    done
    wait "$child" || status=$?
    return "$status"
}
