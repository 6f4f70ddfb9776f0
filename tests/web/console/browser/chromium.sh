#!/bin/sh
# Chromium takes more of the processors for what draws than its parent has, where it may, as root may (nice -8).
# Beside tests with telephones, which keep time, it may not.
exec setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice -- "$CHROMIUM" "$@"
