package syntax

import "strings"

// ExpandCommand returns an API command line that does without the commands expand and
// eval what they would do (mod_commands.c:expand_function, eval_function): the command
// that expand executes, with its argument expanded, and eval with the text that it
// answers. values returns what a text refers to that such a command expands for a
// channel, or without one if the uuid is "".
func ExpandCommand(line string, values func(command, uuid string) (Values, error)) (string, error) {
	return expandCommand(line, values, 0)
}

func expandCommand(line string, values func(command, uuid string) (Values, error), depth int) (string, error) {
	if depth > maxNesting {
		return "", errTooMany
	}
	name, rest, _ := strings.Cut(strings.TrimLeft(line, " "), " ")
	command := strings.ToLower(name)
	if command != "bgapi" && command != "expand" && command != "eval" {
		return line, nil
	}
	uuid, rest := cutUUID(strings.TrimLeft(rest, " "))
	if command == "bgapi" {
		inner, err := expandCommand(rest, values, depth+1)
		if uuid != "" {
			name += " uuid:" + uuid
		}
		return name + " " + inner, err
	}
	from, err := values(command, uuid)
	if err != nil {
		return "", err
	}
	inner, text := "", rest
	if command == "expand" {
		inner, text, _ = strings.Cut(rest, " ")
	}
	if text, err = Expand(text, from); err != nil {
		return "", err
	}
	if command == "eval" {
		return "eval " + Unexpanded(text), nil
	}
	return expandCommand(strings.TrimRight(inner+" "+text, " "), values, depth+1)
}

// cutUUID removes the "uuid:... " with which an argument may begin.
func cutUUID(arg string) (uuid, rest string) {
	if len(arg) < 5 || !strings.EqualFold(arg[:5], "uuid:") {
		return "", arg
	}
	uuid, rest, _ = strings.Cut(arg[5:], " ")
	return uuid, rest
}
