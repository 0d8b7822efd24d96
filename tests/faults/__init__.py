"""Fault injection: kills, power cuts, full disks; each with a control that must fail."""
