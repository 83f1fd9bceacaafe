# libCTorch.so: ATen headers only, three variants of the kernels on x86-64, loops for tiles.
LIBTORCH ?= $(SEARCHLIGHT_CACHE)/libtorch-2.11.0
TORCH_SOURCES := $(addprefix CTorch/,CTorch.cpp Cuda.cpp Dense.cpp DeviceHost.cpp Optimizer.cpp Resident.cpp Tiles.cpp)
TORCH_FLAGS := -std=c++17 -O3 -fPIC -fvisibility=hidden -Wall -Wno-nullability-completeness \
  -isystem $(LIBTORCH)/include -isystem $(LIBTORCH)/include/torch/csrc/api/include
KERNEL_FLAGS := -std=c++17 -O3 -fPIC -fvisibility=hidden -Wall -fno-math-errno -fno-trapping-math
TORCH_BUILD := $(OUT)/obj/CTorch
TORCH_OBJECTS := $(patsubst CTorch/%.cpp,$(TORCH_BUILD)/%.o,$(TORCH_SOURCES)) \
  $(addprefix $(TORCH_BUILD)/,Dispatch.o KernelsBaseline.o TileKernels.o)
ifeq ($(shell uname -m),x86_64)
TORCH_OBJECTS += $(addprefix $(TORCH_BUILD)/,KernelsV3.o KernelsV4.o)
TORCH_DISPATCH := -DCTORCH_X86_VARIANTS
TILE_FLAGS := -march=x86-64-v4 -mavx512bf16 -mamx-tile -mamx-bf16 -mprefer-vector-width=512
endif
TORCH_HEADERS := $(wildcard CTorch/*.h CTorch/*.cu) ../Sources/CTorch/include/CTorch.h

CTorch: $(OUT)/libCTorch.so

$(OUT)/libCTorch.so: $(TORCH_OBJECTS)
	$(CXX) -shared -o $@.partial $(TORCH_OBJECTS) -L$(LIBTORCH)/lib -ltorch_cpu -lc10 -l:libgomp.so.1 \
	  -Wl,-rpath,$(LIBTORCH)/lib -Wl,--allow-shlib-undefined -Wl,--no-undefined
	mv $@.partial $@

$(patsubst CTorch/%.cpp,$(TORCH_BUILD)/%.o,$(TORCH_SOURCES)): $(TORCH_BUILD)/%.o: CTorch/%.cpp $(TORCH_HEADERS) | $(TORCH_BUILD)
	$(CXX) $(TORCH_FLAGS) -c $< -o $@
$(TORCH_BUILD)/Dispatch.o: CTorch/Dispatch.cpp $(TORCH_HEADERS) | $(TORCH_BUILD)
	$(CXX) $(KERNEL_FLAGS) $(TORCH_DISPATCH) -c $< -o $@
$(TORCH_BUILD)/KernelsBaseline.o: CTorch/Kernels.cpp $(TORCH_HEADERS) | $(TORCH_BUILD)
	$(CXX) $(KERNEL_FLAGS) -c $< -o $@
$(TORCH_BUILD)/KernelsV3.o: CTorch/Kernels.cpp $(TORCH_HEADERS) | $(TORCH_BUILD)
	$(CXX) $(KERNEL_FLAGS) -DCTORCH_VARIANT=kernelsV3 -march=x86-64-v3 -c $< -o $@
$(TORCH_BUILD)/KernelsV4.o: CTorch/Kernels.cpp $(TORCH_HEADERS) | $(TORCH_BUILD)
	$(CXX) $(KERNEL_FLAGS) -DCTORCH_VARIANT=kernelsV4 -march=x86-64-v4 -mprefer-vector-width=512 -c $< -o $@
$(TORCH_BUILD)/TileKernels.o: CTorch/TileKernels.cpp $(TORCH_HEADERS) | $(TORCH_BUILD)
	$(CXX) $(KERNEL_FLAGS) $(TILE_FLAGS) -c $< -o $@
$(TORCH_BUILD):
	mkdir -p $@
