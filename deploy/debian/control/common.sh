STATE=/var/lib/dialpact
TOML=$STATE/dialpact.toml
SOUND=/var/spool/asterisk/dialpact
PROGRAM=/opt/dialpact/bin/dialpact
RAN=/run/dialpact.ran

# In the language of whoever installs. Standard output is debconf's.
say() {
    case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    zh*) printf 'dialpact：%s\n' "$2" ;;
    *) printf 'dialpact: %s\n' "$1" ;;
    esac >&2
}

language() {
    case "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" in
    zh*) echo zh ;;
    *) echo en ;;
    esac
}

as_dialpact() {
    (umask 0027 && cd / && runuser -u dialpact -- "$PROGRAM" --config "$TOML" --lang "$(language)" "$@")
}

systemd_runs() { [ -d /run/systemd/system ]; }

# The gate first: what it has begun it answers, what comes is refused. Then what records, then what only shows.
# A unit that waits to be restarted counts as one that runs. What ran is noted, for whoever starts it again.
stop_all() {
    systemd_runs || return 0
    for unit in dialpact-gate dialpact dialpact-listener dialpact-web; do
        case "$(systemctl show --property=ActiveState --value $unit.service 2>/dev/null)" in
        active | activating | reloading | deactivating)
            echo $unit >>$RAN
            deb-systemd-invoke stop $unit.service >&2
            ;;
        esac
    done
}

# What records first: the gate lets nothing through that would not be recorded.
start_ran() {
    [ -e $RAN ] || return 0
    if systemd_runs; then
        systemctl daemon-reload
        for unit in dialpact-listener dialpact dialpact-gate dialpact-web; do
            if grep -qx $unit $RAN; then
                deb-systemd-invoke start $unit.service >&2 ||
                    say "$unit did not start: journalctl -u $unit" "$unit 未能启动：journalctl -u $unit"
            fi
        done
    fi
    rm -f $RAN
}

# Processes of this program that nobody stopped: they run old code, and would go on with it on a new database.
strays() {
    for process in /proc/[0-9]*; do
        [ "$process/root/." -ef /. ] || continue
        case "$(tr '\0' ' ' 2>/dev/null <"$process/cmdline" | cut -c1-300)" in
        /opt/dialpact/bin/python*) echo "${process#/proc/}" ;;
        esac
    done
}

# Compiled files are made at the installation, by the Python that is there, and belong to no package.
uncompiled() {
    [ ! -d /opt/dialpact/lib ] || find /opt/dialpact/lib -depth -type d -name __pycache__ -exec rm -rf {} +
}
