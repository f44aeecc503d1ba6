package gogym

import "testing"

// What the tests in package gogym_test need of these: they are there because they use package wrappers, which
// uses this one.
var (
	Must        = must
	CppEnv      = cppEnvironment
	NeedPython  = needPython
	Helpers     = helpers
	RunHelperIn = runHelperIn
	TextOf      = text
	ElementText = elementText
	DoublesText = doublesText
	BytesText   = bytesText
)

// SpaceText writes the description of a space as C gives it, after a look at what Go made of it.
func SpaceText(space Space) (string, error) {
	return (&replayer{}).value(space)
}

// runHelperIn is runHelper in a folder.
func runHelperIn(t *testing.T, folder, name string, environment ...string) (output string, err error) {
	t.Helper()
	command := helperCommand(name, environment...)
	command.Dir = folder
	return finishHelper(command)
}
