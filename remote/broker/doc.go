// Package broker owns a NATS server in this process: for a fleet without any installation, and for a mesh of
// the same binary. It must never know what its messages mean.
//
// Without a listener it can be reached from within the process alone, and there is nothing to attack. A listener beyond
// loopback needs TLS and a secret, and is refused without. MQTT, WebSocket, leaf nodes, gateways and the monitoring
// port are off.
package broker
