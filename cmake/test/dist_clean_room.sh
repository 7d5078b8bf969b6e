#!/bin/sh
# Follows docs/distribution.md where there is no Java, no Maven and an empty home folder: dist_clean_room.sh TAR [PROPERTIES]
#
# The room is a mount namespace in which the folders of Java and Maven are empty. PROPERTIES are those of a build, whose libtorch
# is taken; without, setup finds or fetches one.
set -eu
if [ "${1:-}" != inside ]; then
    tar=$(realpath "$1") libtorch=
    [ -z "${2:-}" ] || libtorch=$(sed -n 's/^libtorch=//p' "$2")
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    for how in "--mount" "--mount --map-root-user"; do
        # shellcheck disable=SC2086  # options
        if unshare $how true 2>/dev/null; then
            # What this shell was told of Java and Gradus stays outside; how pip reaches its index does not.
            # shellcheck disable=SC2086
            unshare $how env -u JAVA_HOME -u GRADUS_JAVA_OPTS -u XDG_CACHE_HOME HOME="$work/home" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
                ${libtorch:+LIBTORCH="$libtorch"} sh "$0" inside "$tar" "$work" "$(cd "$(dirname "$0")/../../docs/images" && pwd -P)"
            exit $?
        fi
    done
    echo "the distribution is not tried: this system allows no mount namespace (unshare --mount)"
    exit 0
fi

tar=$2 work=$3 pictures=$4
for folder in /usr/lib/jvm /usr/share/maven /opt/java; do
    [ ! -d $folder ] || mount -t tmpfs none $folder
done
fail() {
    echo "error: $*" >&2
    exit 1
}
for tool in java javac mvn; do
    ! command -v $tool >/dev/null || fail "there is a $tool in the room"
done
mkdir "$work/home" "$work/pictures"
cd "$work"
tar xJf "$tar"
gradus=$(echo "$work"/gradus-*/bin/gradus)
for picture in "$pictures"/*.png; do
    cp "$picture" pictures/
done

! "$gradus" train --preset fashion-mnist 2>message || fail "train needs no setup"
grep -q "run: gradus setup" message || fail "before setup, train says: $(cat message)"
"$gradus" setup || fail "setup ended with $?"
"$gradus" doctor
"$gradus" data pack pictures --size 28 --out pictures.safetensors
"$gradus" train --preset fashion-mnist --run run --set data.format=array --set data.path=pictures.safetensors --set data.channels=1 \
    --steps 3 --set batchSize=4
"$gradus" sample --run run --count 4 --sampling-steps 3 --out drawn.png
[ "$(head -c 4 drawn.png | tail -c 3)" = PNG ] || fail "what was drawn is no picture"
echo "the distribution works without Java and Maven"
