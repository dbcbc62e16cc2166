"""Which plan of radiation treats this tumour best, and what does it do to the tissue around it?"""
