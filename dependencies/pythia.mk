# Builds lib/libpythia8.a from src/ and include/ in the current folder.
#   XMLDIR   where the data files will lie; compiled in, because the constructor's argument is ignored
#   CXX      the C++ compiler
SOURCES := $(sort $(wildcard src/*.cc))
OBJECTS := $(SOURCES:src/%.cc=obj/%.o)
FLAGS := -O2 -std=c++17 -fPIC -w -pthread -Iinclude -DXMLDIR='"$(XMLDIR)"' -DNOPLUGIN \
  -DFJCORE_HAVE_LIMITED_THREAD_SAFETY

lib/libpythia8.a: $(OBJECTS)
	@mkdir -p $(@D)
	@rm -f $@.part && ar rcs $@.part $(OBJECTS) && mv $@.part $@

# Compiled beside its place and renamed, so that an interrupted compiler leaves no half object.
obj/%.o: src/%.cc
	@mkdir -p $(@D)
	@$(CXX) $(FLAGS) -c $< -o $@.part && mv $@.part $@
	@printf '  Pythia: %s of %s files (%s)\n' "$$(ls obj/*.o | wc -l)" "$(words $(SOURCES))" "$*"
