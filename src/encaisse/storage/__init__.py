"""Set-based reading and writing: whole frames in, whole tables of rows out."""
