"""Large and growing logs: find the few places worth reading, fast and in constant memory."""
