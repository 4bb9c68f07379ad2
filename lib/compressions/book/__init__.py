"""What chapters draw and hand to their prose, and percent scripts for papermill."""
