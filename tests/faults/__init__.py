"""Every way to die, tried; each with a control that must fail."""
