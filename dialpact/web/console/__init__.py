"""The console: pages for officers, supervisors and inspectors, made on the server; they load nothing from
elsewhere.
"""
