package main

import "testing"

func TestUnitFaults(t *testing.T) {
	needs(t, "systemd-analyze")
	const daemon, worker = "deploy/systemd/helixrouter.service", "deploy/systemd/helixrouter-worker.service"
	expect(t, "systemd", []fault{
		{daemon, "ProtectHome=yes", "ProtectHomes=yes", "Unknown key"},
		{daemon, "Restart=on-failure", "Restart=sometimes", "Failed to parse service restart"},
		{daemon, "/bin/kill", "/bin/kell", "is not executable"},
		{daemon, "SystemCallFilter=", "#SystemCallFilter=", "security --threshold=20"},
		{worker, "CapabilityBoundingSet=\n", "CapabilityBoundingSet=~\n", "security --threshold=20"},
		{daemon, "Type=exec", "Type=notify", `Type is ["notify"]`},
		{worker, "RestartPreventExitStatus=2 3 4", "RestartPreventExitStatus=2", "lacks 3"},
		{daemon, "TimeoutStopSec=35s", "TimeoutStopSec=25s", `TimeoutStopSec is "25s"`},
		{daemon, "ExecStart=/usr/local/bin/", "ExecStart=/usr/bin/", "ExecStart does not run"},
		{worker, "DynamicUser=yes", "#DynamicUser=yes", "want DynamicUser"},
	})
}
