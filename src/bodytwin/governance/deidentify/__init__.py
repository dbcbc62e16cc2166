"""What must be taken from an image or a record before a copy of it may be shared?"""
