"""Replies: what somebody wants who says something while another talks, from words alone."""
