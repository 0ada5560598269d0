"""Who decides how: the client's rules, the patrons' rules, and what each of them sees."""
