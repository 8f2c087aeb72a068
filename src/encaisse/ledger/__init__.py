"""What is owed: invoices, receivables, payments and the dated allocations between them."""
