#!/bin/sh
# Install the programs of others that tests ask, on Debian and its kin, if this is root.
# Without one of them, and without the right to install it, the tests that ask it skip and name it.
set -u
PATH=$PATH:/usr/sbin:/sbin

missing=
want() { # PACKAGE FILE...: the package, unless one of the files is there or is on the PATH
    package=$1
    shift
    for file; do
        { [ -e "$file" ] || command -v "$file" >/dev/null; } && return
    done
    missing="$missing $package"
}

want oathtool oathtool
want pskctool pskctool
want curl curl
want openssl openssl
want iproute2 ip
# These would also start a service, at once or with the machine. So only where no system runs them: in a container.
if [ ! -d /run/systemd/system ]; then
    want postgresql initdb /usr/lib/postgresql/*/bin/initdb
    want freeradius freeradius
    want freeradius-rest /usr/lib/freeradius/rlm_rest.so
    want freeradius-utils radclient
    want openssh-server sshd
    want openssh-client ssh
    want libpam-radius-auth /lib/*/security/pam_radius_auth.so
    want softhsm2 softhsm2-util
    want chromium chromium chromium-browser google-chrome
fi

[ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || exit 0

export DEBIAN_FRONTEND=noninteractive
got() {
    # shellcheck disable=SC2086
    "$@" -qq -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io $missing
}
# A network that does not answer costs a minute and a half at most; what is being installed is not interrupted.
{
    timeout 30 apt-get update -qq && got timeout 60 apt-get install --download-only && got apt-get install
} >/dev/null 2>&1 || echo "Not installed, so that some tests will skip:$missing"
