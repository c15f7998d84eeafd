# Finds a JDK 25 or newer. Sourced by ./mvnw and ./coterie; POSIX sh.
#
# find_jdk sets JDK (its directory) and JDK_VERSION, or prints one line and returns 1.
# It reads the `release` file at the top of each candidate and starts no JVM, so the
# usual case costs no fork.

JDK_MIN=25

# jdk_accept DIR: takes DIR when it holds a JDK that is new enough.
jdk_accept() {
  [ -r "$1/release" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  while IFS='=' read -r jdk_key jdk_value; do
    [ "$jdk_key" = JAVA_VERSION ] || continue
    jdk_value=${jdk_value#\"}
    jdk_value=${jdk_value%\"}
    jdk_major=${jdk_value%%[!0-9]*}
    [ "${jdk_major:-0}" -ge "$JDK_MIN" ] || return 1
    JDK=$1 JDK_VERSION=$jdk_value
    return 0
  done <"$1/release"
  return 1
}

# jdk_on_path: takes the JDK that `java` on PATH belongs to.
jdk_on_path() {
  jdk_java=$(command -v java) || return 1
  jdk_accept "${jdk_java%/bin/java}" && return 0
  [ -h "$jdk_java" ] || return 1
  jdk_java=$(readlink -f "$jdk_java") || return 1
  jdk_accept "${jdk_java%/bin/java}"
}

find_jdk() {
  JDK='' JDK_VERSION=''
  for jdk_dir in "${COTERIE_JAVA_HOME-}" "${JAVA_HOME-}"; do
    [ -z "$jdk_dir" ] || ! jdk_accept "$jdk_dir" || return 0
  done
  jdk_on_path && return 0
  for jdk_dir in /usr/lib/jvm/* /opt/* "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/*; do
    jdk_accept "$jdk_dir" && return 0
  done
  echo "coterie: no JDK $JDK_MIN or newer found; searched COTERIE_JAVA_HOME, JAVA_HOME, java on PATH," \
    "/usr/lib/jvm/*, /opt/*, ~/.sdkman/candidates/java/*, ~/.jdks/*" >&2
  return 1
}
