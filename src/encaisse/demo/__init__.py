"""A demonstration company, made up from a fixed seed relative to a given day, and the story of its last weeks.

Nobody in it exists: SIREN numbers lie in a range that is never given out, phone numbers in the ranges kept for fiction,
addresses of e-mail in the domains kept for examples.
"""
