# Finding a JDK, for the launcher and the build. To be sourced: `find_jdk` sets JDK to the folder of one whose version is
# at least JDK_OLDEST, or to nothing. JAVA_HOME comes first, then the java on PATH, then the newest of the usual folders.

JDK_OLDEST=22

# The feature number of the JDK in folder $1, such as 25; nothing when it is not a JDK.
jdk_version() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
    if [ -r "$1/release" ]; then
        sed -n 's/^JAVA_VERSION="\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' "$1/release"
    else
        "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p'
    fi
}

is_new_jdk() {
    [ -n "$1" ] || return 1
    version=$(jdk_version "$1")
    [ "${version:-0}" -ge "$JDK_OLDEST" ]
}

# The folder of the JDK whose java is on PATH.
jdk_on_path() {
    java=$(command -v java) || return 0
    while [ -h "$java" ]; do
        target=$(readlink "$java")
        case $target in
            /*) java=$target ;;
            *) java=$(dirname "$java")/$target ;;
        esac
    done
    (cd "$(dirname "$java")/.." 2>/dev/null && pwd -P)
}

# Where Maven's select-jdk-toolchain looks, too.
jdk_folders_of_maven() {
    for jdk in "${JDK_HOME:-}" /usr/lib/jvm/* /usr/java/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
        "$HOME"/.asdf/installs/java/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
        printf '%s\n' "$jdk"
    done
}

jdk_folders_elsewhere() {
    for jdk in /opt/* /opt/java/* /opt/jdks/* /usr/local/*jdk* /usr/local/java* /usr/local/lib/jvm/* \
        "$HOME"/*jdk* "$HOME"/.local/share/mise/installs/java/* /opt/homebrew/opt/openjdk*; do
        printf '%s\n' "$jdk"
    done
}

# The newest of the folders named on standard input.
newest_jdk() {
    best= best_version=0
    while IFS= read -r jdk; do
        if is_new_jdk "$jdk" && [ "$version" -gt "$best_version" ]; then
            best=$jdk best_version=$version
        fi
    done
    printf '%s\n' "$best"
}

find_jdk() {
    JDK=${JAVA_HOME:-}
    is_new_jdk "$JDK" && return
    JDK=$(jdk_on_path)
    is_new_jdk "$JDK" && return
    JDK=$(jdk_folders_of_maven | newest_jdk)
    [ -n "$JDK" ] && return
    JDK=$(jdk_folders_elsewhere | newest_jdk)
}
