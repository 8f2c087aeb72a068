"""The business rules of electronic invoices: EN 16931 and the French ones, as a table, checked in a process of its own.

A rule that is broken is information about an invoice, never a reason not to read it.
"""
