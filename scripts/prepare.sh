# Sourced by the scripts beside it, with $root set: sets $deno, and installs what deno.json names, once for each
# deno.lock and cache. The note is kept in the cache itself, so that it goes when the cache does.
deno=$("$root/scripts/deno")
home=${HOME:-$(eval echo "~$(id -un)")} # without the variable, as the runtime looks it up
case $(uname -s) in Darwin) caches=$home/Library/Caches ;; *) caches=$home/.cache ;; esac
cache=${DENO_DIR:-${XDG_CACHE_HOME:-$caches}/deno}
lock=$(cksum <"$root/deno.lock")
installed="$cache/clawdbot-${lock% *}"
if [ ! -e "$installed" ]; then
  echo "Installing packages from npm" >&2
  said=$(cd "$root" && NO_COLOR=1 "$deno" install --quiet --frozen 2>&1) || {
    echo "Cannot install packages: $(echo "$said" | sed -n 's/^error: //p' | head -n 1)" >&2
    exit 1
  }
  : >"$installed"
fi
