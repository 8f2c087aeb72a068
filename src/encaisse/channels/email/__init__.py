"""E-mail: building the message, and handing it to a mail server or to the local mailbox."""
