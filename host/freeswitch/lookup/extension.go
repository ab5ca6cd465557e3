package lookup

import "strings"

// An Action is an application that a dialplan runs.
type Action struct{ Application, Data string }

// Extension returns a document with one extension for every call in a context.
func Extension(context string, actions []Action) *Element {
	condition := &Element{Name: "condition"}
	for _, a := range actions {
		condition.Children = append(condition.Children, &Element{Name: "action", Attrs: [][2]string{{"application", a.Application}, {"data", a.Data}}})
	}
	section := &Element{Name: "section", Attrs: [][2]string{{"name", "dialplan"}}, Children: []*Element{
		{Name: "context", Attrs: [][2]string{{"name", context}}, Children: []*Element{
			{Name: "extension", Attrs: [][2]string{{"name", "eslua"}}, Children: []*Element{condition}},
		}},
	}}
	return &Element{Name: "document", Attrs: [][2]string{{"type", "freeswitch/xml"}}, Children: []*Element{section}}
}

// String returns the document as text.
func (e *Element) String() string {
	var b strings.Builder
	e.Write(&b)
	return b.String()
}
