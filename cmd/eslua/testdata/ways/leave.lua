session:answer()
