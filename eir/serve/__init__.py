"""Processes and front ends: each a thin adapter over the same engine.

supervisor   holds the ports, starts the processes below, keeps them alive, drains them; serves the metrics
worker       one process of the data plane: `questions` under a transport, the store read-only
control      the process of the control plane, the only long-lived writer: `registry`, `load`, `feed`

questions    the handlers of EquipmentIdentity: request bytes in, response bytes out, whatever carries them
grpc_server  hosts handlers under grpcio: errors to statuses, health, reflection, TLS
counters     what the processes count, in memory they share; `metrics` shows it to Prometheus
options      one run's configuration; `ports` and `child` what a supervisor and its processes agree on
"""
