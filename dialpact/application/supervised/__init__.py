"""What an operator owes whoever supervises: reports, his keys, and answers to questions about complaints."""
