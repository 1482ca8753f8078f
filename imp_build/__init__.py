"""What runs the notebooks and puts their reports in place."""
