"""Files in and files out: parse, validate, diff, gate, commit.

    load.py         what every load does, once; a loader is `parse` and `diff`
    kinds.py        the loaders: manifest.py, operator_dump.py, tac.py, stolen.py, pairs.py
    service.py      loading and block lists as one service, for the command line and the control plane
    codes.py        every outcome of a row or file, in one table

    bytes to rows   source.py, rows.py; delimited.py, workbook.py over xlsx.py, json_rows.py; header.py, columns.py, table.py
    rows to facts   named.py, network_columns.py, imei_columns.py; findings.py and rejects.py keep what is wrong with them
    manifests       declaration.py, ranges.py, row_values.py, devices.py, live.py, catalogue.py, device_blocks.py
    block lists     blocklist.py over blocklists/

Nothing below imports this package; the command line and the control plane are handed it.
"""
