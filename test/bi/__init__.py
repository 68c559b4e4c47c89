"""What BI tools send to the mined tables, and how."""
