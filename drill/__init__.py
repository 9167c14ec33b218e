"""The drill: real processes, a carrier full of faults, and a checker. A tool for those who build and run Ringback."""
