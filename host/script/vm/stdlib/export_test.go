package stdlib

// Layout lets TestLayout see the mirror.
type Layout = layout
