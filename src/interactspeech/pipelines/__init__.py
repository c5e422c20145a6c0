"""What a command runs, callable from Python: building, mining, and the executors under both."""
